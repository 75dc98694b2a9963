"""The rules. One file per aggregate, each in the same order: rules, events, state and `evolve`, errors, commands, `decide`.

Pure: no clock, no randomness, no I/O, no framework. `evolve` never rejects anything, so history stays readable when a rule changes.
"""
