"""A client made with Authlib: says where to log in, is told where the browser came back, and says what it got.

One JSON value a line, both ways.
"""

import json
import sys

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken

import requests

TIMEOUT = 10


def read():
    return json.loads(sys.stdin.readline())


def say(value):
    print(json.dumps(value), flush=True)


settings = read()
metadata = requests.get(settings["issuer"] + "/.well-known/openid-configuration", timeout=TIMEOUT).json()
session = OAuth2Session(
    client_id=settings["client_id"],
    client_secret=settings["secret"],
    token_endpoint_auth_method=settings["method"],
    scope="openid profile email",
    redirect_uri=settings["redirect_uri"],
    code_challenge_method="S256",
)
if settings["method"] == "private_key_jwt":
    session.register_client_auth_method(PrivateKeyJWT(metadata["token_endpoint"]))

verifier = generate_token(64)
nonce = generate_token(20)
url, state = session.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
)
say({"authorize": url})

back = read()["back"]
token = session.fetch_token(
    metadata["token_endpoint"],
    authorization_response=back,
    state=state,
    code_verifier=verifier,
    timeout=TIMEOUT,
)
keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=TIMEOUT).json())
claims = jwt.decode(
    token["id_token"],
    keys,
    claims_cls=CodeIDToken,
    claims_options={
        "iss": {"essential": True, "value": settings["issuer"]},
        "aud": {"essential": True, "value": settings["client_id"]},
    },
    claims_params={"nonce": nonce, "client_id": settings["client_id"], "access_token": token["access_token"]},
)
claims.validate(leeway=30)
userinfo = session.get(metadata["userinfo_endpoint"], timeout=TIMEOUT).json()
before = token["refresh_token"]
renewed = session.refresh_token(metadata["token_endpoint"], refresh_token=before, timeout=TIMEOUT)
say(
    {
        "claims": dict(claims),
        "userinfo": userinfo,
        "rotated": renewed["refresh_token"] != before,
        "logout": metadata["end_session_endpoint"] + "?id_token_hint=" + token["id_token"],
    }
)

read()
answer = requests.post(
    metadata["token_endpoint"],
    data={"grant_type": "refresh_token", "refresh_token": renewed["refresh_token"]},
    auth=session.client_auth(session.token_endpoint_auth_method),
    timeout=TIMEOUT,
)
say({"status": answer.status_code, "error": answer.json().get("error")})
