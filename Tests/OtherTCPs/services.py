#!/usr/bin/env python3
"""The services behind a TCP that splices connections: echo on port 7, a page of 5000 octets on port 80."""
import signal
import socket
import threading

PAGE = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4940\r\n\r\n"
PAGE += b"x" * (5000 - len(PAGE))


def echo(connection):
    while data := connection.recv(65536):
        connection.sendall(data)


def page(connection):
    request = b""
    while data := connection.recv(65536):
        request += data
        # A line alone is a request of the oldest HTTP; a newer one ends in an empty line.
        line, end, _ = request.partition(b"\n")
        if end and (b"HTTP/" not in line or b"\r\n\r\n" in request):
            connection.sendall(PAGE)
            return


def serve(listener, service):
    while True:
        connection, _ = listener.accept()

        def run(connection=connection):
            with connection:
                try:
                    service(connection)
                except OSError:
                    pass  # reset by a probe

        threading.Thread(target=run, daemon=True).start()


assert len(PAGE) == 5000
for port, service in (7, echo), (80, page):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
    threading.Thread(target=serve, args=(listener, service), daemon=True).start()
print("ready", flush=True)
signal.pause()  # until the stage is taken down
