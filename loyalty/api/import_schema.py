"""The calls about imports as OpenAPI."""

from typing import Any

from rest_framework import serializers as s

from businesses.api.schema import IDEMPOTENCY_KEY, PAGING, fields, problems
from loyalty.models import ImportKind, ImportState

Call = dict[str, Any]
TOTALS = ("rows", "posted", "changed", "already_there", "refused", "new_customers", "points", "lines", "branches")

BODY: dict[str, Any] = {
    "id": s.UUIDField(),
    "kind": s.ChoiceField(ImportKind.values),
    "file": s.CharField(),
    "state": s.ChoiceField(ImportState.values),
    "dry_run": s.BooleanField(),
    "problem": s.CharField(allow_null=True, help_text="why it failed"),
    "rows": s.IntegerField(allow_null=True, help_text="of the file, once it was looked through"),
    "totals": fields(
        "ImportTotals",
        **{name: s.IntegerField() for name in TOTALS},
        amount=s.CharField(help_text="of the purchases that came in, or would"),
    ),
    "created_at": s.DateTimeField(),
    "finished_at": s.DateTimeField(allow_null=True),
}

BRING: Call = {
    "operation_id": "create_import",
    "summary": "Bring a file of purchases, customers, products or opening balances",
    "description": "CSV (UTF-8, UTF-16, Windows-1251 or -1254, gzipped or not) or XLSX, at most 10 MB, with names of"
    " columns in the first row. The file is looked through first; without `dry_run` the rows that can come in then do,"
    " and the others are told by `GET imports/{id}`. A row that came in before is never counted twice. `columns` is a"
    ' JSON object such as `{"date": "Tarix"}`; what it leaves out is guessed from the names. The answer to a repeat'
    " is the import as it stands.",
    "parameters": [IDEMPOTENCY_KEY],
    "request": {
        "multipart/form-data": fields(
            "ImportRequest",
            kind=s.ChoiceField(ImportKind.values),
            file=s.FileField(),
            columns=s.CharField(required=False, help_text="JSON: which column tells which field"),
            date_format=s.CharField(required=False, help_text="`%d/%m/%Y`, `%m/%d/%Y` or `%Y%m%d`"),
            dry_run=s.ChoiceField(["true", "false"], required=False, help_text="only look through"),
            makes_branches=s.ChoiceField(["true", "false"], required=False, help_text="open unknown branches"),
            earns=s.ChoiceField(["true", "false"], required=False, help_text="purchases earn at today's rate"),
        )
    },
    "responses": {201: fields("Import", **BODY), **problems(400, 409, 413, 422)},
}
SHOW: Call = {
    "operation_id": "show_import",
    "summary": "How far an import is, what it comes to, and the rows that are refused, the last ones first",
    "parameters": PAGING,
    "responses": {
        200: fields(
            "ImportWithErrors",
            **BODY,
            errors=fields(
                "ImportErrors",
                results=s.ListField(
                    child=fields(
                        "ImportError",
                        row=s.IntegerField(help_text="its number in the file, the header is 1"),
                        field=s.CharField(allow_null=True),
                        text=s.CharField(allow_blank=True),
                        reason=s.CharField(),
                    )
                ),
                next_cursor=s.CharField(allow_null=True),
            ),
        ),
        **problems(404, 422),
    },
}
