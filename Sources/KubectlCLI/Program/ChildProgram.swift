import CommandLine
import Glibc
import NIOPosix

/// Runs another program with this one's standard streams.
enum ChildProgram {
    /// Its exit code. Words with spaces go through the shell, as people set editors (`code --wait`).
    /// - Parameter absent: what is told when there is no such program.
    static func run(
        _ command: String, _ arguments: [String], absent: @escaping @Sendable (String) -> Refusal = noEditor
    ) async throws -> Int32 {
        let words =
            command.contains(" ")
            ? ["/bin/sh", "-c", "\(command) \(arguments.map(quoted).joined(separator: " "))"] : [command] + arguments
        return try await NIOThreadPool.singleton.runIfActive { try spawn(words, absent) }
    }

    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }

    private static func noEditor(_ word: String) -> Refusal {
        if word.contains("/") {
            return Refusal(
                "unable to launch the editor \(word.quoted): exec: \(word.quoted): executable file not found in $PATH")
        }
        return Refusal("there was a problem with the editor \(word.quoted)")
    }

    private static func spawn(_ words: [String], _ absent: (String) -> Refusal) throws -> Int32 {
        var child = pid_t()
        let pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        let code = posix_spawnp(&child, words[0], nil, nil, pointers, environ)
        guard code == 0 else { throw absent(words[0]) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}

/// A file or folder under a name of its own, for another program to read.
enum TemporaryPlace {
    private static var root: String { ProcessEnvironment.current["TMPDIR"] ?? "/tmp" }

    static func file(_ start: String, _ suffix: String) throws -> String {
        var template = Array("\(root)/\(start)XXXXXXXX\(suffix)".utf8CString)
        let descriptor = mkstemps(&template, Int32(suffix.utf8.count))
        guard descriptor >= 0 else { throw Refusal("unable to create a temporary file: \(WholeFile.message(errno))") }
        close(descriptor)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func folder(_ start: String) throws -> String {
        for _ in 0..<tries {
            let path = "\(root)/\(start)\(UInt32.random(in: 0 ... .max))"
            if mkdir(path, 0o700) == 0 { return path }
            guard errno == EEXIST else { break }
        }
        throw Refusal("unable to create a temporary folder: \(WholeFile.message(errno))")
    }

    /// Names that are tried.
    private static let tries = 100
}
