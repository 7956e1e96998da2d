"""The Hugging Face Hub's client, and what it says in plain words."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mmdemo.core.errors import UserError

if TYPE_CHECKING:
    from huggingface_hub import HfApi


class HubError(UserError):
    """The Hub does not answer, or refuses."""


class HubAway(HubError):
    """The Hub cannot be reached now; a later try may succeed."""


def api() -> HfApi:
    """A client of the Hub that `$HF_ENDPOINT` names."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="mmdemo")


@contextmanager
def explained(repo: str, revision: str | None = None) -> Iterator[None]:
    """Turn what huggingface_hub raises into one sentence that says what to do."""
    from huggingface_hub import constants, errors

    # The second is what the client's HTTP library raises where there is no connection.
    transport: tuple[type[Exception], ...] = (OSError, errors.HfHubHTTPError.__bases__[0])
    failures: tuple[type[Exception], ...] = (*transport, RuntimeError)
    if repo.count("/") != 1:
        raise HubError(f"'{repo}' is not the name of a repository: write USER/NAME.")
    try:
        yield
    except errors.HFValidationError as error:
        raise HubError(f"'{repo}' cannot be the name of a repository: {error}") from error
    except errors.OfflineModeIsEnabled as error:
        raise HubAway("The Hub is switched off here: HF_HUB_OFFLINE is set. Unset it.") from error
    except errors.RevisionNotFoundError as error:
        raise HubError(
            f"The repository {repo} has no revision {revision or 'main'}. It may have been "
            "rewritten: push the weights again, or pull another revision with --repo."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise HubError(_not_found(repo)) from error
    except errors.RemoteEntryNotFoundError as error:
        raise HubError(
            f"The repository {repo} lacks a file of these weights at {revision or 'main'}: "
            f"{str(error).splitlines()[-1].removeprefix('Entry Not Found for url: ')}"
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise _explain_local(error, repo) from error
    except errors.HfHubHTTPError as error:
        raise _explain_status(error, repo) from error
    except errors.LocalTokenNotFoundError as error:
        raise HubError(_login()) from error
    except failures as error:
        if isinstance(error, OSError) and (error.filename or error.errno == errno.ENOSPC):
            raise HubError(
                f"Cannot write to the Hub's cache, {constants.HF_HUB_CACHE}: {error.strerror} "
                f"({error.filename}). Set HF_HOME to a folder that you may write to."
            ) from error
        cause: BaseException | None = error
        while cause is not None:  # an upload's failure comes as a RuntimeError around the reason
            if isinstance(cause, errors.HfHubHTTPError):
                raise _explain_status(cause, repo) from error
            cause = cause.__cause__
        if isinstance(error, RuntimeError) and not isinstance(error.__cause__, transport):
            raise
        first = str(error).splitlines()[0] if str(error) else "no reason"
        raise HubAway(f"The Hub at {_endpoint()} does not answer: {first}") from error


def _explain_local(error: Exception, repo: str) -> HubError:
    """A file is not in the cache, and the Hub could not be asked; the cause says why."""
    from huggingface_hub import errors

    cause = error.__cause__
    if isinstance(cause, errors.OfflineModeIsEnabled):
        return HubAway(
            f"The weights of {repo} are not in the cache, and the Hub is switched off here: "
            "HF_HUB_OFFLINE is set. Unset it to fetch them."
        )
    if isinstance(cause, errors.HfHubHTTPError):
        return _explain_status(cause, repo)
    if isinstance(cause, errors.FileMetadataError):
        return HubError(f"What answers at {_endpoint()} is no Hub. Check HF_ENDPOINT.")
    return HubAway(f"The Hub at {_endpoint()} does not answer. Check the network and try again.")


def _explain_status(error: Any, repo: str) -> HubError:
    status = error.response.status_code
    from huggingface_hub import get_token

    if status == 401 and not get_token():
        return HubError(f"The Hub wants to know who you are. {_login()}")
    if status == 401:
        return HubError(
            "The Hub does not accept this token. Make a new one on its settings page, then "
            "`hf auth login` or set HF_TOKEN."
        )
    if status == 403:
        return HubError(
            f"This token may not write to {repo}. Make one with write access for it, then "
            "`hf auth login` or set HF_TOKEN."
        )
    if status == 404:
        return HubError(_not_found(repo))
    if status >= 500 or status == 429:
        return HubAway(f"The Hub at {_endpoint()} answers with status {status}. Try again later.")
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return HubError(f"The Hub refuses ({status}): {first}")


def _not_found(repo: str) -> str:
    from huggingface_hub import get_token

    if get_token():
        return f"There is no repository {repo} on the Hub that this token may see."
    return f"There is no repository {repo} on the Hub, or it is private. {_login()}"


def _login() -> str:
    return "Log in: `hf auth login`, or set HF_TOKEN."


def _endpoint() -> str:
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT") or constants.ENDPOINT
