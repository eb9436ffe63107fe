"""The target of Tests/path-lab: takes connections and data on its first port, and echoes on its second one."""

import selectors
import socket
import sys

selector = selectors.DefaultSelector()
for index, port in enumerate(sys.argv[1:]):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.bind(("::", int(port)))
    listener.listen(1024)
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ, (True, index == 1))
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        is_listener, echoes = key.data
        try:
            if is_listener:
                connection, _ = key.fileobj.accept()
                connection.setblocking(False)
                selector.register(connection, selectors.EVENT_READ, (False, echoes))
                continue
            data = key.fileobj.recv(65536)
            if echoes and data:
                key.fileobj.send(data)
        except BlockingIOError:
            continue
        except OSError:
            data = b""
        if not is_listener and not data:
            selector.unregister(key.fileobj)
            key.fileobj.close()
