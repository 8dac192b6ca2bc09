"""Documents through ``/api/v1``: the same selectors and actions as the pages, under the token's actor."""
