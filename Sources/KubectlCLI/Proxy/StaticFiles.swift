import CLinux
import CommandLine
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Wire

/// The files of a folder, as a web server gives them out.
struct StaticFiles: Sendable {
    let folder: String
    /// With a slash at the end.
    let prefix: String

    /// Bytes that are read at once.
    private static let pieceBytes = 64 << 10
    private static let types = [
        "css": "text/css; charset=utf-8", "gif": "image/gif", "htm": "text/html; charset=utf-8",
        "html": "text/html; charset=utf-8", "jpeg": "image/jpeg", "jpg": "image/jpeg",
        "js": "text/javascript; charset=utf-8", "json": "application/json", "mjs": "text/javascript; charset=utf-8",
        "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8",
        "wasm": "application/wasm", "webp": "image/webp", "xml": "text/xml; charset=utf-8",
    ]

    /// - Parameter path: below the prefix, decoded and clean.
    func answer(_ path: String, _ request: HTTPRequest, _ responder: any HTTPResponder) async throws {
        guard request.method == .GET || request.method == .HEAD else {
            return try await refuse(responder, .methodNotAllowed, "method not allowed")
        }
        let file = "\(folder)/\(path)"
        var status = stat()
        guard !path.utf8.contains(0), stat(file, &status) == 0 else {
            let isHidden = errno == EACCES
            return try await refuse(
                responder, isHidden ? .forbidden : .notFound, isHidden ? "403 Forbidden" : "404 page not found")
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        if isFolder, !path.isEmpty, !path.hasSuffix("/") {
            return try await redirect(responder, "\(path.split(separator: "/").last ?? "")/")
        }
        if path.hasSuffix("/index.html") || path == "index.html" { return try await redirect(responder, "./") }
        guard isFolder else { return try await send(file, responder) }
        if stat("\(file)/index.html", &status) == 0 { return try await send("\(file)/index.html", responder) }
        try await list(file, responder)
    }

    private func refuse(_ responder: any HTTPResponder, _ status: HTTPResponseStatus, _ text: String) async throws {
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff",
        ]
        try await responder.send(status, headers, ByteBuffer(string: text + "\n"))
    }

    private func redirect(_ responder: any HTTPResponder, _ place: String) async throws {
        try await responder.send(.movedPermanently, ["Location": place], ByteBuffer())
    }

    private func send(_ file: String, _ responder: any HTTPResponder) async throws {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return try await refuse(responder, .forbidden, "403 Forbidden") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return try await refuse(responder, .notFound, "404 page not found")
        }
        let ending = file.lastIndex(of: ".").map { file[file.index(after: $0)...].lowercased() } ?? ""
        var left = Int(status.st_size)
        try await responder.head(
            .ok,
            [
                "Content-Type": Self.types[ending] ?? "application/octet-stream", "Content-Length": "\(left)",
            ])
        while left > 0 {
            let count = min(left, Self.pieceBytes)
            let bytes = try await NIOThreadPool.singleton.runIfActive {
                var bytes = [UInt8](repeating: 0, count: count)
                let got = read(descriptor, &bytes, count)
                return Array(bytes.prefix(max(0, got)))
            }
            // A file that has become shorter breaks the answer off.
            guard !bytes.isEmpty else { throw ChannelError.eof }
            left -= bytes.count
            try await responder.write(ByteBuffer(bytes: bytes))
        }
        try await responder.end()
    }

    private func list(_ folder: String, _ responder: any HTTPResponder) async throws {
        var page = "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n"
        for name in (try? FolderListing.names(folder))?.sorted() ?? [] {
            var status = stat()
            let isFolder = stat("\(folder)/\(name)", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            let shown = name + (isFolder ? "/" : "")
            page += "<a href=\"\(RequestTarget.encode(shown, keeping: "/"))\">\(Self.escaped(shown))</a>\n"
        }
        try await responder.send(
            .ok, ["Content-Type": "text/html; charset=utf-8"], ByteBuffer(string: page + "</pre>\n"))
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { out, character in
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&#34;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
    }
}
