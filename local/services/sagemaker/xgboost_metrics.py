"""What SageMaker reads from the log of its XGBoost image: the image's own metrics.

The service takes no other definitions for this image. A log shows a tab as `#011`, and a metric is
found behind one only. Sources: names and beginnings of the patterns are in
aws/sagemaker-xgboost-container, `src/sagemaker_xgboost_container/algorithm_mode/metrics.py`; their
ends, and the metrics of `train`, are what DescribeTrainingJob shows in public notebooks. Read
2026-11-28.
"""

import re

_NUMBER = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
IMAGE = "/sagemaker-xgboost:"
_NAMES = (
    "accuracy", "auc", "aucpr", "error", "f1", "logloss", "mae", "map", "merror",
    "mlogloss", "mse", "ndcg", "rmse",
)  # fmt: skip


def metrics(log: str) -> dict[str, float]:
    """The last value of each metric, by the name that the service gives it: `validation:auc`."""
    shown = log.replace("\t", "#011")
    values = {
        f"{channel}:{name}": re.findall(rf".*\[[0-9]+\].*#011{channel}-{name}:{_NUMBER}", shown)
        for channel in ("train", "validation")
        for name in _NAMES
    }
    return {name: float(matches[-1]) for name, matches in values.items() if matches}
