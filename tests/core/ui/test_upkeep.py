"""What is kept of strangers' requests is bounded."""

import asyncio

import pytest

from mmdemo.core.ui.upkeep import MAX_HOSTS, MAX_UPLOADS, Description, UploadProgress, _named


def test_asking_after_uploads_that_there_are_not_keeps_nothing():
    progress = UploadProgress()

    async def ask(name: str) -> None:
        with pytest.raises((TimeoutError, asyncio.TimeoutError)):
            await asyncio.wait_for(progress.is_tracked(name), 0.02)

    async def many() -> None:
        await asyncio.gather(*(ask(f"unknown {number}") for number in range(500)))

    asyncio.run(many())
    assert not progress._signals
    assert not progress._statuses


def test_an_upload_is_followed_until_it_is_done_and_others_do_not_pile_up():
    progress = UploadProgress()

    async def follow() -> bool:
        waiting = asyncio.create_task(progress.is_tracked("mine"))
        await asyncio.sleep(0)
        progress.append("mine", "a.png", b"abc")
        return await asyncio.wait_for(waiting, 3)

    assert asyncio.run(follow())
    assert progress.pop("mine").chunk_size == 3
    progress.set_done("mine")
    assert progress.is_done("mine")
    for number in range(2 * MAX_UPLOADS):
        progress.append(f"{number}", "a.png", b"x")
    assert len(progress._statuses) == MAX_UPLOADS
    assert not progress._signals
    progress.append("mine", "a.png", b"x")  # forgotten meanwhile, and taken up again
    assert not progress.is_done("mine")


def test_a_description_is_kept_for_each_name_of_the_app():
    class App:
        info = Description()

    app = App()
    for number in range(2 * MAX_HOSTS):
        token = _named.set((str(number).encode(),))
        assert app.info is None
        app.info = {"address": number}
        assert app.info == {"address": number}
        _named.reset(token)
    assert app.info is None
    assert len(App.__dict__["info"]._known) == MAX_HOSTS
