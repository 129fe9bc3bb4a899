"""Small real files for the attachments of the demo. What stands in them is synthetic and says so."""

from __future__ import annotations

import struct
import zlib


def paper(name: str) -> bytes:
    """Return a small real file of the kind the name says. Pictures are grey, papers are one line."""
    kind = name.rpartition(".")[2]
    if kind == "png":
        return _png(96, 64)
    if kind == "pdf":
        return _pdf(f"Synthetic paper: {name}")
    return b"<?xml version='1.0'?>\n<Document><PmtInf><NbOfTxs>14</NbOfTxs></PmtInf></Document>\n"


def _png(width: int, height: int) -> bytes:
    """A grey picture (PNG, W3C 2003: signature, IHDR, IDAT, IEND)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + bytes(200 - y % 24 for _ in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def _pdf(text: str) -> bytes:
    """A page with one line (PDF 1.4), its cross-reference table computed."""
    stream = f"BT /F 14 Tf 40 780 Td ({text}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
    )
    return f"{out}{end}startxref\n{len(out)}\n%%EOF\n".encode("latin-1")
