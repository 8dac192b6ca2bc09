"""What persons should know or do: kept until read or done, shown at once in open pages, else told by mail."""
