"""Static files with a hash in their names, so that browsers may keep them for ever."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModuleStorage(CompressedManifestStaticFilesStorage):
    """Also rewrites `import` lines between our ES modules to their hashed names."""

    support_js_module_import_aggregation = True
