"""Experiment tracking: each training run's parameters, figures and plots, in MLflow (TR-01)."""
