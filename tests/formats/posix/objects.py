"""Makes shared memory and semaphores as Python programs do, and prints their names.

They end with this program, at the end of standard input.
"""
import json
import multiprocessing
import sys
from multiprocessing import shared_memory

memory = shared_memory.SharedMemory(create=True, size=5000)
memory.buf[:3] = b"abc"
# Where processes are forked, the names of semaphores are removed at once.
spawn = multiprocessing.get_context("spawn")
semaphore = spawn.Semaphore(3)
lock = spawn.Lock()
lock.acquire()
print(json.dumps({"pshm": [memory.name], "psem": [semaphore._semlock.name, lock._semlock.name]}))
sys.stdout.flush()
sys.stdin.read()
memory.close()
memory.unlink()
