"""The rules. One file per aggregate, each in one order: rules, events, state and `evolve`, errors, commands, `decide`.

Pure: no clock, no random, no I/O, no framework. `evolve` never refuses: history stays readable when a rule changes.
"""
