"""Benchmarks: one module for each hot path, run with ``python -m benchmarks``.

What is measured is compared with something else that runs in turns with it in the same
run, for absolute times say more about a machine than about a program: with the least
program that does the same durable steps, or with another registry where one is installed.
"""
