import CommandLine
import Compose
import DockerCLI
import Fault
import Glibc

/// Finds a project's files and variables on this machine.
struct ProjectSource: Sendable {
    enum Limit {
        /// Largest compose file or file of variables, in bytes.
        static let fileBytes = 16 << 20
    }

    let options: ProjectOptions
    let session: Session
    let warnings: OnceEach

    private static let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
    private static let overrideNames = [
        "compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml",
    ]

    static let access = FileAccess(
        read: { try WholeFile.read($0, limit: Limit.fileBytes) },
        isFile: { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
        })

    static var currentDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    static func absolute(_ path: String) -> String { PathText.join(currentDirectory, path) }

    /// Everything that loading needs. Its list of files is empty when there are none.
    func request() async throws -> LoadRequest {
        var environment = session.environment
        if environment["PWD"] == nil { environment["PWD"] = Self.currentDirectory }
        let given = options.files.filter { !$0.isEmpty }
        var directory = options.directory.isEmpty ? "" : Self.absolute(options.directory)
        try addVariables(&environment, folder: workingDirectory(directory, given))
        var files = given.map { $0 == "-" ? "-" : Self.absolute($0) }
        if files.isEmpty, let list = environment["COMPOSE_FILE"], !list.isEmpty {
            let separator = environment["COMPOSE_PATH_SEPARATOR"].flatMap { $0.first } ?? ":"
            files = list.parts(separator).map { $0 == "-" ? "-" : Self.absolute($0) }
        }
        if files.isEmpty { files = found(from: directory.isEmpty ? Self.currentDirectory : directory) }
        directory = workingDirectory(directory, files)
        try addVariables(&environment, folder: directory)
        var request = LoadRequest(files: files, workingDirectory: directory, environment: environment)
        if files.contains("-") { request.standardInput = try await wholeInput() }
        request.name = options.name.isEmpty ? environment["COMPOSE_PROJECT_NAME"] ?? "" : options.name
        request.profiles = profiles(environment)
        let current = Self.currentDirectory
        request.show = { path in
            path.hasPrefix(current + "/") && current != "/" ? String(path.dropFirst(current.count + 1)) : path
        }
        request.warn = { [warnings] in warnings.tell($0) }
        return request
    }

    private func wholeInput() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= Limit.fileBytes {
            let piece = try await session.input.read(64 << 10)
            if piece.isEmpty { return bytes }
            bytes += piece
        }
        throw Failure("the compose file from stdin is longer than \(Limit.fileBytes) bytes")
    }

    private func profiles(_ environment: [String: String]) -> [String] {
        if !options.profiles.isEmpty { return options.profiles }
        return (environment["COMPOSE_PROFILES"] ?? "").parts(",").map(\.trimmed).filter { !$0.isEmpty }
    }

    private func workingDirectory(_ given: String, _ files: [String]) -> String {
        if !given.isEmpty { return given }
        guard let first = files.first(where: { $0 != "-" }) else { return Self.currentDirectory }
        return PathText.folder(Self.absolute(first))
    }

    /// The first folder from here upwards that has a compose file.
    private func found(from start: String) -> [String] {
        var folder = start
        while true {
            let present = Self.names.map { PathText.join(folder, $0) }.filter { Self.access.isFile($0) }
            if let winner = present.first {
                if present.count > 1 {
                    warn("Found multiple config files with supported names: \(present.joined(separator: ", "))")
                    warn("Using \(winner)")
                }
                let overrides = Self.overrideNames.map { PathText.join(folder, $0) }.filter { Self.access.isFile($0) }
                return [winner] + overrides.prefix(1)
            }
            let parent = PathText.folder(folder)
            if parent == folder { return [] }
            folder = parent
        }
    }

    private func warn(_ text: String) { warnings.tell(text) }

    /// Variables of .env, or of the files that were asked for; what is set already stays.
    private func addVariables(_ environment: inout [String: String], folder: String) throws {
        var files = options.environmentFiles.map { Self.absolute($0) }
        if files.isEmpty {
            let isOff = (environment["COMPOSE_DISABLE_ENV_FILE"]).flatMap { try? GoValue.bool($0) } ?? false
            let standard = PathText.join(folder, ".env")
            if !isOff, Self.access.isFile(standard) { files = [standard] }
        }
        var variables: [String: String] = [:]
        for file in files where file != "/dev/null" {
            guard Self.access.isFile(file) else { throw Failure("couldn't find env file: \(file)") }
            let text = String(decoding: try Self.access.read(file), as: UTF8.self)
            let outer = environment, known = variables
            for (name, value) in try DotEnv.parse(text, file: file, lookUp: { outer[$0] ?? known[$0] }) {
                variables[name] = value
            }
        }
        environment.merge(variables) { own, _ in own }
    }
}
