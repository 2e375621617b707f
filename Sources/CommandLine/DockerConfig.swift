import Fault
import Glibc
import JSON

/// The docker client's `config.json`: credentials, formats, contexts. Members that Hakobune has no name for survive.
package struct DockerConfig: Sendable {
    /// The folder that holds `config.json`, contexts and plugins.
    package let folder: String
    package var json: JSON

    /// Docker Hub's name in config files and for credential helpers.
    package static let hubAddress = "https://index.docker.io/v1/"

    package init(folder: String, json: JSON = [:]) {
        self.folder = folder
        self.json = json
    }

    package var path: String { folder + "/config.json" }

    /// `DOCKER_CONFIG`, else `~/.docker`.
    package static var defaultFolder: String {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let folder = value("DOCKER_CONFIG") { return folder }
        if let home = value("HOME") { return home + "/.docker" }
        let home = getpwuid(getuid()).flatMap { $0.pointee.pw_dir }.map { String(cString: $0) }
        return (home ?? "/root") + "/.docker"
    }

    /// Reads the file; one that isn't there is an empty configuration. Throws `invalid`, naming the file, when it
    /// can't be read or isn't a JSON object: the docker client warns then and goes on without.
    package static func load(folder: String = defaultFolder) throws(Fault) -> DockerConfig {
        let path = folder + "/config.json"
        guard let bytes = try readSmallFile(path) else { return DockerConfig(folder: folder) }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) {
            return DockerConfig(folder: folder)
        }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch {
            throw Fault(.invalid, "parsing config file (\(path)): \(error)", cause: error)
        }
        guard json.object != nil else { throw Fault(.invalid, "parsing config file (\(path)): not a JSON object") }
        return DockerConfig(folder: folder, json: json)
    }

    /// Writes the file whole or not at all, readable by its owner alone. A symbolic link stays one.
    package func save() throws(Fault) {
        try makeFolders(folder)
        let target = realpath(path, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        try writeWhole(Array((json.pretty(indent: "\t")).utf8), to: target ?? path)
    }

    /// The context of `docker context use`; nil: none, or `default`.
    package var currentContext: String? {
        get { json["currentContext"].string.flatMap { $0.isEmpty ? nil : $0 } }
        set {
            if let newValue, newValue != "default" {
                json["currentContext"] = .string(newValue)
            } else {
                json.remove("currentContext")
            }
        }
    }

    /// Extra headers for every API request.
    package var httpHeaders: [String: String] { json["HttpHeaders"].stringMap }
}

/// Nil when there is no such file.
private func readSmallFile(_ path: String) throws(Fault) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw Fault(.invalid, "open \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    guard let bytes = readAll(file, limit: DockerConfig.Limit.fileBytes) else {
        throw Fault(.invalid, "\(path) can't be read, or is larger than \(DockerConfig.Limit.fileBytes) bytes")
    }
    return bytes
}

/// To the end of file; nil past the limit or on an error.
func readAll(_ file: Int32, limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = read(file, &piece, piece.count)
        if count == 0 { return bytes }
        if count < 0 {
            if errno == EINTR { continue }
            return nil
        }
        bytes += piece[..<count]
        if bytes.count > limit { return nil }
    }
}

private func makeFolders(_ path: String) throws(Fault) {
    var at = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
        at += "/" + part
        if mkdir(at, 0o700) != 0, errno != EEXIST {
            throw Fault(.internalFault, "mkdir \(at): \(String(cString: strerror(errno)))")
        }
    }
}

private func writeWhole(_ bytes: [UInt8], to path: String) throws(Fault) {
    func failed(_ call: String) -> Fault {
        Fault(.internalFault, "\(call) \(path): \(String(cString: strerror(errno)))")
    }
    var template = Array((path + ".XXXXXX").utf8CString)
    let file = mkstemp(&template)  // mode 0600
    guard file >= 0 else { throw failed("create") }
    _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    var isDone = false
    defer {
        close(file)
        if !isDone { unlink(template) }
    }
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failed("write") }
        rest = rest.dropFirst(count)
    }
    guard fsync(file) == 0, rename(template, path) == 0 else { throw failed("replace") }
    isDone = true
    let parent = open(
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if parent >= 0 {
        fsync(parent)
        close(parent)
    }
}
