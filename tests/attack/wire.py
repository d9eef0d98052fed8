"""A client for PostgreSQL's protocol, version 3, over a Unix socket: as much of it as the attack needs, from Python's
standard library alone. It must outlive the server, and tell an error from a crash."""

import socket
import struct


class Lost(Exception):
    """The connection ended in the middle of a statement: the backend is gone."""


class SqlError(Exception):
    """The server's error, with its SQLSTATE."""

    def __init__(self, fields):
        self.code = fields.get("C", "?????")
        self.message = fields.get("M", "")
        self.detail = fields.get("D", "")
        super().__init__(f"{self.code} {self.message}")


class Connection:
    """A session. `pid` is that of its backend."""

    def __init__(self, host, port, database, user):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{host}/.s.PGSQL.{port}")
        self.buffer = b""
        self.pid = None
        options = b"".join(
            name.encode() + b"\0" + value.encode() + b"\0"
            for name, value in (("user", user), ("database", database), ("client_encoding", "UTF8"))
        )
        body = struct.pack("!i", 3 << 16) + options + b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        self._until_ready()

    def close(self):
        self.socket.close()

    def query(self, sql):
        """Runs statements; the rows of the last one that has any, as lists of text or None."""
        body = sql.encode("utf-8", "replace") + b"\0"
        try:
            self.socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        except OSError as error:
            raise Lost(str(error)) from None
        return self._until_ready()

    def one(self, sql):
        """The first column of the first row."""
        return self.query(sql)[0][0]

    def _receive(self, count):
        while len(self.buffer) < count:
            try:
                more = self.socket.recv(1 << 20)
            except OSError as error:
                raise Lost(str(error)) from None
            if not more:
                raise Lost("the server closed the connection")
            self.buffer += more
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def _until_ready(self):
        rows, error = [], None
        while True:
            kind, length = struct.unpack("!ci", self._receive(5))
            body = self._receive(length - 4)
            if kind == b"Z":
                if error is not None:
                    raise error
                return rows
            if kind == b"T":
                rows = []
            elif kind == b"D":
                rows.append(_columns(body))
            elif kind == b"E":
                error = SqlError(_fields(body))
                # Nothing follows an error that ends the session.
                if error.code.startswith("57P"):
                    raise Lost(str(error))
            elif kind == b"K":
                self.pid = struct.unpack("!ii", body)[0]
            elif kind == b"R" and struct.unpack("!i", body[:4])[0] != 0:
                raise Lost("the server asks for a password")


def _columns(body):
    (count,) = struct.unpack("!h", body[:2])
    at, columns = 2, []
    for _ in range(count):
        (size,) = struct.unpack("!i", body[at : at + 4])
        at += 4
        if size < 0:
            columns.append(None)
            continue
        columns.append(body[at : at + size].decode("utf-8", "replace"))
        at += size
    return columns


def _fields(body):
    fields = {}
    for field in body.split(b"\0"):
        if field:
            fields[field[:1].decode()] = field[1:].decode("utf-8", "replace")
    return fields
