"""Days and moments where a library's page writes them and we do not, such as the panel's history of a record: not as
`Nov. 21, 2026, 6:23 p.m.` Read by `FORMAT_MODULE_PATH`; ours go through `businesses.shown`."""
