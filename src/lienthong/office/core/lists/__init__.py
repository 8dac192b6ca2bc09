"""The one shape of every list: filter, sort, pages, saved views, selection, export. ``pages.ListPage`` declares one."""
