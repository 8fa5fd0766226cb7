"""A policy and its examples to what of it none of them reaches, and articles without a rule."""
