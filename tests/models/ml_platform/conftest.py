"""The lake's training set of real flights, and a model trained on it by a job."""

import tarfile
from pathlib import Path

import pytest

from local.demos import training_set
from local.services.sagemaker import training_job
from local.services.sagemaker.training_job import Finished
from repository import extract
from tests.models.ml_platform import jobs


@pytest.fixture(scope="session")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`split=train/`, `split=validation/`, `split=test/` of the first 40,000 flights, as CSV."""
    folder = tmp_path_factory.mktemp("training-set")
    training_set.write(folder, 40_000)
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, flights: Path) -> Path:
    return jobs.lay_out(tmp_path_factory.mktemp("job"), flights)


@pytest.fixture(scope="session")
def finished(base: Path) -> Finished:
    return training_job.run(jobs.request(**jobs.SMALL), base)


@pytest.fixture(scope="session")
def artefact(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of `model.tar.gz`, unpacked outside the repository."""
    folder = tmp_path_factory.mktemp("model")
    with tarfile.open(finished.artefact) as archive:
        extract(archive, folder)
    return folder
