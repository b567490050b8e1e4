"""The facade: one construct from training code to a served model."""
