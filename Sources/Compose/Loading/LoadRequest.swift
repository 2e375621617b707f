/// The files of the machine, as the loader sees them; paths are absolute.
package struct FileAccess: Sendable {
    /// The file's bytes. Throws in the shell's words (`open /x: no such file or directory`).
    package let read: @Sendable (String) throws -> [UInt8]
    package let isFile: @Sendable (String) -> Bool

    package init(
        read: @escaping @Sendable (String) throws -> [UInt8], isFile: @escaping @Sendable (String) -> Bool
    ) {
        self.read = read
        self.isFile = isFile
    }
}

/// What a project is to be loaded from.
package struct LoadRequest: Sendable {
    /// Absolute paths; the first is the main file, the others are laid over it. `-` is `standardInput`.
    package var files: [String]
    package var standardInput: [UInt8] = []
    /// Relative paths in the files start here.
    package var workingDirectory: String
    /// The process's environment with the .env files' variables below it.
    package var environment: [String: String]
    /// The name that was given outside of the files; empty: the files' own, or the directory's.
    package var name = ""
    package var profiles: [String] = []
    package var interpolates = true
    package var normalizes = true
    package var resolvesPaths = true
    package var checksConsistency = true
    package var resolvesEnvironment = true
    /// A file's name as errors show it.
    package var show: @Sendable (String) -> String = { $0 }
    /// Told of what is odd but no error.
    package var warn: @Sendable (String) -> Void = { _ in }

    package init(files: [String], workingDirectory: String, environment: [String: String]) {
        self.files = files
        self.workingDirectory = workingDirectory
        self.environment = environment
    }
}
