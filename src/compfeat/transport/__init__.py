"""The way from the mobile to the cloud: what is sent becomes a bitstream with side information, and comes back from these alone.

The ledger, one row per image, is the account of what was sent. It is not sent: the receiver only checks against it.
"""
