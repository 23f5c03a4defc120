"""Static files with a hash in their names, so that browsers may keep them for ever."""

import re
from collections.abc import Callable, Iterator
from re import Match
from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLE = "css/index.css"
IMPORT = re.compile(r'@import url\("(?P<file>[^"]+)"\)(?: layer\((?P<layer>\w+)\))?;')


class HashedModuleStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites `import` lines between our ES modules to their hashed names, and joins our style sheets."""

    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        """By gzip alone: Brotli, which is here for fonts, would take a minute of everybody's first start for a sixth of
        the size."""
        return Compressor(use_brotli=False, **options)

    def url_converter(self, name: str, hashed_files: dict, template: str | None = None) -> Callable[[Match], str]:
        """Scripts of others stay as they are: their comments name modules that do not exist."""
        if name.endswith(".js") and not name.startswith("js/"):
            return lambda match: match[0]
        return super().url_converter(name, hashed_files, template)

    def post_process(self, paths: dict, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if STYLE in paths and not dry_run:
            self.join_styles(paths)
        yield from super().post_process(paths, dry_run, **options)

    def join_styles(self, paths: dict) -> None:
        """One style sheet instead of forty imports: a phone on a slow line shows a page a second sooner."""

        def imported(match: Match) -> str:
            text = read(f"css/{match['file']}")
            return f"@layer {match['layer']} {{\n{text}}}" if match["layer"] else text

        def read(name: str) -> str:
            storage, path = paths[name]
            with storage.open(path) as file:
                return file.read().decode()

        with open(self.path(STYLE), "w") as file:
            file.write(IMPORT.sub(imported, read(STYLE)))
        paths[STYLE] = (self, STYLE)
