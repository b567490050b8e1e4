"""Draws a pipeline: its definition as a graph, its layout, and that as SVG, PNG, Mermaid or text."""
