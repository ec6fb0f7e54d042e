"""Who asked for what: calls of clients, the jobs that they share, and the devices that do them."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
import traceback
from collections.abc import Sequence

from .. import check
from ..errors import BadInput, TrainerError
from ..lru import Lru
from .device import Device
from .job import Job
from .messages import CALL, Answer, Request, ask, error, message

DATASET_BYTES = 1 << 30
ANSWER_BYTES = 256 << 20
"""Of answers that are kept for calls that come back, and as many of fits that are asked again."""
WAITING_BYTES = 2 << 30
"""Of requests that are not answered and the datasets that they keep; a request that finds none of them always fits."""
_MOST_WAITING = 10_000
_ABORTED = 10_000
_FORGOTTEN = (
    "The datasets of this request together need more memory than the worker keeps (512 MB). Use fewer or shorter "
    "examples, or fit with `predict: {}` and ask for the predictions of one dataset at a time with predict()."
)


class Calls:
    def __init__(self, devices: Sequence[Device]) -> None:
        self.devices = devices
        self._waiting: asyncio.PriorityQueue[tuple[int, int, Job]] = asyncio.PriorityQueue()
        self._order = itertools.count()
        self._live: dict[str, Job] = {}
        self._ended: Lru[Job] = Lru(ANSWER_BYTES)
        self._running: dict[str, Job] = {}
        self._fitted: Lru[Answer] = Lru(ANSWER_BYTES)
        self._datasets: Lru[bytes] = Lru(DATASET_BYTES)
        self._aborted: Lru[bool] = Lru(_ABORTED)
        self._capabilities = message("result", {})
        self._at_work: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts every worker, so that the owner sees at once where one cannot work; raises `TrainerError`."""
        devices = []
        for device in self.devices:
            self._capabilities = answer = await device.ask(ask("capabilities", {}))
            if answer.type == "error":
                raise TrainerError(str(answer.body["code"]), str(answer.body["message"]))
            words = answer.body["devices"][0]
            devices.append(words.replace("cuda:0", device.name, 1))  # each sees its own GPU as the first
        body = {**self._capabilities.body, "devices": devices, "parallel": len(devices)}
        self._capabilities = message("result", body)
        self._at_work = [asyncio.create_task(self._work(device)) for device in self.devices]

    async def stop(self) -> None:
        for task in self._at_work:
            task.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)
        await asyncio.gather(*(device.stop() for device in self.devices))

    def job(self, call: str, request: Request, identity: str) -> Job:
        """The job that answers a call: the call's own, where it comes back, or one that is the same, or a new one."""
        job = self._live.get(call) or self._ended.get(call)
        if job is not None:
            if job.identity != identity:
                raise BadInput(f"The call {call} was made for another request. Choose a new id for each call.")
            return job
        if self._aborted.get(call):
            raise TrainerError("cancelled", "The call was cancelled.")
        if request.op == "put":
            return self._answered(request, self._put(request))
        if request.op == "capabilities":
            return self._answered(request, self._capabilities)
        found = {name: self._datasets.get(name) for name in request.datasets()}
        datasets = {name: data for name, data in found.items() if data is not None}
        if missing := [name for name in found if name not in datasets]:
            raise TrainerError("dataset_missing", missing[0])
        job = self._running.get(identity) if request.shared else None
        if job is None:
            job = Job(request, identity, datasets)
            self._check_room(job)
            if request.shared:
                self._running[identity] = job
            urgent = request.op == "fingerprint"  # it takes a moment, and need not wait until every fit has ended
            self._waiting.put_nowait((0 if urgent else 1, next(self._order), job))
        else:
            _log(job, "joined by another call")
        self._live[call] = job
        job.callers.add(call)
        return job

    def abort(self, call: str) -> None:
        """The call wants no answer any more. Its job stops where no other call shares it."""
        self._aborted.put(call, True)
        job = self._live.pop(call, None)
        if job is None:
            return
        job.callers.discard(call)
        if job.callers or job.answer is not None:
            return
        job.given_up = True
        self._forget(job)
        if job.device is not None:
            job.device.cancel(CALL)
        else:
            _log(job, "cancelled while it waited")
            job.finish(error("cancelled", "The call was cancelled."))

    def _check_room(self, job: Job) -> None:
        if self._waiting.qsize() >= _MOST_WAITING:
            raise TrainerError("busy", f"{_MOST_WAITING} requests wait for this server already. Ask again later.")
        jobs = set(self._live.values())
        kept = {name: len(data) for held in (*jobs, job) for name, data in held.datasets.items()}
        size = sum(len(held.request.data) for held in (*jobs, job) if held.request is not None) + sum(kept.values())
        if jobs and size > WAITING_BYTES:
            raise TrainerError(
                "busy",
                f"With this request those that wait for this server would hold {size >> 20} MB, and "
                f"{WAITING_BYTES >> 20} MB is the most. Ask again later.",
            )

    def _answered(self, request: Request, answer: Answer) -> Job:
        job = Job(request, "", {})
        job.finish(answer)
        return job

    def _put(self, request: Request) -> Answer:
        fields = check.record(request.body, "put", ("hash", "inputs"))
        name = check.string(fields["hash"], "hash")
        if self._datasets.get(name) is None:  # else it has the same inputs: their hash was checked
            self._datasets.put(name, request.data, len(request.data))
        return message("result", {})

    def _forget(self, job: Job) -> None:
        if self._running.get(job.identity) is job:
            del self._running[job.identity]

    async def _work(self, device: Device) -> None:
        while True:
            _, _, job = await self._waiting.get()
            if job.given_up:
                continue
            if job.abandoned:
                self._forget(job)
                for call in job.callers:
                    del self._live[call]
                _log(job, "left out: it had not begun, and nobody waits for it")
                continue
            job.device = device
            began = time.perf_counter()
            try:
                answer = await self._perform(device, job)
            except TrainerError as failure:
                answer = error(failure.code, str(failure))
            except Exception as failure:
                sys.stderr.write(traceback.format_exc())
                answer = error("failed", f"The server failed: {type(failure).__name__}: {failure}")
            self._end(job, answer)
            outcome = "done" if answer.type == "result" else str(answer.body.get("code"))
            _log(job, f"{outcome} after {time.perf_counter() - began:.1f} s on {device.name}")
            del job, answer  # they may be large, and the next job may be long in coming

    def _end(self, job: Job, answer: Answer) -> None:
        self._forget(job)
        job.finish(answer)
        for call in job.callers:
            del self._live[call]
            self._ended.put(call, job, len(answer.data) + 1000)

    async def _perform(self, device: Device, job: Job) -> Answer:
        request = job.request
        assert request is not None
        mark = None
        if request.op == "fit":
            mark = await self._fingerprint(device, request)
            kept = self._fitted.get((job.identity, mark)) if request.shared else None
            if kept is not None:
                _log(job, "answered from an earlier fit")
                return kept.with_body({**kept.body, "cost": {**kept.body["cost"], "cached": True}})
        _log(job, f"starts on {device.name}")
        answer = await self._ask(device, job, request)
        if answer.type == "result" and mark is not None:
            answer = answer.with_body({"fingerprint": mark, **answer.body})
            if request.shared:
                self._fitted.put((job.identity, answer.body["fingerprint"]), answer, len(answer.data))
        return answer

    async def _ask(self, device: Device, job: Job, request: Request) -> Answer:
        """Sends the datasets that the worker lacks, and the request; once more where it had forgotten some."""
        for _ in range(2):
            for name in [name for name in job.datasets if name not in device.datasets]:
                if job.given_up:
                    break
                put = await device.ask(job.datasets[name])
                if put.type == "error":
                    return put
                device.datasets.add(name)
            if job.given_up:
                return error("cancelled", "The call was cancelled.")
            answer = await device.ask(request.data, job.emit)
            if answer.type != "error" or answer.body.get("code") != "dataset_missing":
                return answer
            device.datasets.clear()
        return error("failed", _FORGOTTEN)

    async def _fingerprint(self, device: Device, request: Request) -> str | None:
        """None where the worker refuses the model: the fit will say why."""
        answer = await device.ask(ask("fingerprint", {"model": request.body.get("model")}))
        return answer.body["fingerprint"] if answer.type == "result" else None


def _log(job: Job, what: str) -> None:
    if job.op == "fingerprint":
        return
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {job.op[:20]} {job.identity[:8]}: {what}\n")
    sys.stderr.flush()
