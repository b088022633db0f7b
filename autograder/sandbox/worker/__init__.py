"""The untrusted side: a template process, its forks, and the wire format they speak.

This folder is all of the autograder that a submission's process can read. It holds no check, no expected value and no
secret, and it imports nothing of the autograder outside this folder.
"""
