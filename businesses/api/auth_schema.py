"""Signing in and registering as OpenAPI."""

from typing import Any

from django.conf import settings
from rest_framework import serializers as s

from businesses.api.business import BUSINESS_FIELDS
from businesses.api.schema import OPTIONAL, Decimals, fields, only_problems
from businesses.models import BusinessStatus, Category, Role

Call = dict[str, Any]
STATUSES = [status.value for status in BusinessStatus]
EMAIL = {"email": s.CharField(min_length=1, max_length=254)}
PASSWORD = {"password": s.CharField(min_length=1, max_length=128)}
PAIR = fields(
    "Tokens",
    access_token=s.CharField(),
    refresh_token=s.CharField(help_text="counts once"),
    token_type=s.CharField(),
    expires_in=s.IntegerField(help_text="seconds that the access token lasts"),
    refresh_expires_in=s.IntegerField(help_text="seconds within which the next pair has to be asked for"),
)


def lifetimes() -> dict[str, Any]:
    return {
        "token_type": "Bearer",
        "expires_in": settings.HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN,
        "refresh_expires_in": settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN,
    }


SIGN_IN: Call = {
    "operation_id": "sign_in",
    "summary": "Sign somebody in who works at a business",
    "description": "401 `wrong_credentials`, `mfa_required`, `mfa_wrong`; 403 `email_unverified`, `mfa_setup_required`."
    " The tokens end at the latest after twelve hours, and when whatever else ends sessions does.",
    "request": fields("SignIn", **EMAIL, **PASSWORD, code=s.CharField(min_length=1, max_length=32, **OPTIONAL)),
    "responses": {200: PAIR, **only_problems(400, 401, 403, 413, 422, 429, 503)},
}
REFRESH: Call = {
    "operation_id": "refresh_token",
    "summary": "The next pair of tokens",
    "description": "A refresh token counts once. One that comes a second time ends the sign-in.",
    "request": fields("RefreshToken", refresh_token=s.CharField(min_length=1, max_length=4096)),
    "responses": {200: PAIR, **only_problems(400, 401, 413, 422, 429, 503)},
}
SIGN_OUT: Call = {
    "operation_id": "sign_out",
    "summary": "End a sign-in with all its tokens",
    "request": fields("SignOut", refresh_token=s.CharField(min_length=1, max_length=4096)),
    "responses": {204: None, **only_problems(400, 413, 422, 429, 503)},
}
REGISTER: Call = {
    "operation_id": "register",
    "summary": "Begin an account",
    "description": "The answer is the same whether the address is new or known; its owner gets a letter either way.",
    "request": fields("Register", **EMAIL, **PASSWORD),
    "responses": {202: fields("Registered", detail=s.CharField()), **only_problems(400, 413, 422, 429, 503)},
}
ME: Call = {
    "operation_id": "show_me",
    "summary": "Whose token this is, and where they work",
    "responses": {
        200: fields(
            "Me",
            email=s.CharField(),
            name=s.CharField(allow_blank=True),
            second_factor=s.BooleanField(),
            businesses=s.ListField(
                child=fields(
                    "MyBusiness",
                    slug=s.CharField(),
                    name=s.CharField(),
                    status=s.ChoiceField(STATUSES),
                    role=s.ChoiceField([role.value for role in Role]),
                )
            ),
        ),
        **only_problems(401, 403, 429, 503),
    },
}
REGISTERED = fields("RegisteredBusiness", **BUSINESS_FIELDS, status=s.ChoiceField(STATUSES))
REGISTER_BUSINESS: Call = {
    "operation_id": "register_business",
    "summary": "Register a business of one's own",
    "description": "With a programme's code it waits for that programme's operator. The same name and country a second"
    " time answers 200 with the first.",
    "request": fields(
        "RegisterBusiness",
        name=s.CharField(min_length=1, max_length=120),
        country=s.CharField(min_length=2, max_length=2, help_text="ISO 3166"),
        category=s.ChoiceField([category.value for category in Category]),
        earn_rate=Decimals(**OPTIONAL),
        join_code=s.CharField(min_length=1, max_length=40, **OPTIONAL),
    ),
    "responses": {200: REGISTERED, 201: REGISTERED, **only_problems(400, 401, 403, 413, 422, 429, 503)},
}
