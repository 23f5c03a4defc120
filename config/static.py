"""Static files with a hash in their names, so that browsers may keep them for ever."""

from collections.abc import Callable
from re import Match

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModuleStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites `import` lines between our ES modules to their hashed names."""

    support_js_module_import_aggregation = True

    def url_converter(self, name: str, hashed_files: dict, template: str | None = None) -> Callable[[Match], str]:
        """Scripts of others stay as they are: their comments name modules that do not exist."""
        if name.endswith(".js") and not name.startswith("js/"):
            return lambda match: match[0]
        return super().url_converter(name, hashed_files, template)
