"""Changes workflows and policies one place at a time, and reports which change no test notices."""
