"""Empties and deletes a model package group when its stack is deleted."""
