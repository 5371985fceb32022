"""The module that SageMaker's XGBoost container puts around `train.py`; runs in `.venv-model`.

The toolkit's `train` command calls `main`.
"""

from sagemaker_training import entry_point, environment


def main() -> None:
    """Run the user's script, from the archive that the job names, as a script with arguments."""
    job = environment.Environment()
    entry_point.run(
        uri=job.module_dir,
        user_entry_point=job.user_entry_point,
        args=job.to_cmd_args(),
        env_vars=job.to_env_vars(),
    )
