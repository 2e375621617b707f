import CommandLine
import Compose
import DockerCLI
import JSON
import NIOCore
import NIOHTTP1
import Wire

/// A secret or config of a service: a file of this machine that is mounted, or a content that is copied in.
struct FileReferences: Sendable {
    let kind: String
    let target: String
    /// Empty when there is a content.
    let file: String
    let content: String?
    let mode: UInt32
    let user: Int
    let group: Int

    /// Mode of a file that none was given for.
    private static let standardMode: UInt32 = 0o444

    static func all(_ project: Project, _ service: Service) throws -> [FileReferences] {
        let sections = [
            ("secrets", "secret", "/run/secrets/", project.secrets), ("configs", "config", "/", project.configs),
        ]
        return try sections.flatMap { section, kind, folder, sources in
            try (service.json[section].array ?? []).map { reference in
                let key = reference["source"].string ?? ""
                return try make(kind, folder, reference, sources[key] ?? .null, project)
            }
        }
    }

    private static func make(
        _ kind: String, _ folder: String, _ reference: JSON, _ source: JSON, _ project: Project
    ) throws -> FileReferences {
        let name = source["name"].string ?? reference["source"].string ?? ""
        if source["external"].bool == true { throw Failure("unsupported external \(kind) \(name)") }
        for key in ["driver", "template_driver"] where source[key].string != nil {
            throw Failure("Docker Compose does not support \(kind)s.*.\(key)")
        }
        var target = reference["target"].string ?? reference["source"].string ?? ""
        if !target.hasPrefix("/") { target = folder + target }
        var content = source["content"].string
        if let variable = source["environment"].string {
            guard let value = project.environment[variable] else {
                throw Failure(
                    "environment variable \(GoText.quote(variable)) required by \(kind) \(GoText.quote(name)) is not set"
                )
            }
            content = value
        }
        return FileReferences(
            kind: kind, target: target, file: source["file"].string ?? "", content: content,
            mode: reference["mode"].string.flatMap { UInt32($0, radix: 8) } ?? standardMode,
            user: reference["uid"].string.flatMap { Int($0) } ?? 0,
            group: reference["gid"].string.flatMap { Int($0) } ?? 0)
    }

    /// Puts contents into a container that was made but not started.
    static func inject(_ api: ProjectAPI, _ project: Project, _ service: Service, into id: String) async throws {
        for reference in try all(project, service) {
            guard let content = reference.content else { continue }
            if service.json["read_only"].bool == true {
                throw Failure(
                    "cannot create \(reference.kind) \(GoText.quote(reference.target)) in read-only service \(service.name): `file` is the sole supported option"
                )
            }
            let answer = try await api.client.send(
                .PUT, "/containers/\(id)/archive", [("path", "/"), ("copyUIDGID", "true")],
                headers: [("Content-Type", "application/x-tar")],
                body: .bytes(ByteBuffer(bytes: reference.archive(Array(content.utf8)))))
            _ = try await answer.body()
        }
    }

    /// A tar archive of one file (POSIX.1-1988 ustar), with two zero blocks at its end.
    func archive(_ content: [UInt8]) -> [UInt8] {
        var head = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ at: Int, _ room: Int) {
            for (offset, byte) in text.utf8.prefix(room).enumerated() { head[at + offset] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(String(target.dropFirst()), 0, 100)
        put(octal(Int(mode), 7), 100, 7)
        put(octal(user, 7), 108, 7)
        put(octal(group, 7), 116, 7)
        put(octal(content.count, 11), 124, 11)
        put(octal(Int(Timestamp.now().seconds), 11), 136, 11)
        put("        0", 148, 9)
        put("ustar\u{0}00", 257, 8)
        put(octal(head.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", 148, 8)
        let padding = (512 - content.count % 512) % 512
        return head + content + [UInt8](repeating: 0, count: padding + 1_024)
    }
}
