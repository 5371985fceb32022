"""The demo of the ML platform."""

from local.demos.ml_platform.demo import MlPlatformDemo

DEMO = MlPlatformDemo
