import CommandLine
import Glibc
import NIOPosix

/// Runs another program with this one's standard streams.
enum ChildProgram {
    /// Its exit code. Words with spaces go through the shell, as people set editors (`code --wait`).
    static func run(_ command: String, _ arguments: [String]) async throws -> Int32 {
        let words =
            command.contains(" ")
            ? ["/bin/sh", "-c", "\(command) \(arguments.map(quoted).joined(separator: " "))"] : [command] + arguments
        return try await NIOThreadPool.singleton.runIfActive { try spawn(words) }
    }

    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }

    private static func spawn(_ words: [String]) throws -> Int32 {
        var child = pid_t()
        let pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        let code = posix_spawnp(&child, words[0], nil, nil, pointers, environ)
        guard code == 0 else {
            guard !words[0].contains("/") else {
                throw Refusal("there was a problem with the editor \(words[0].quoted)")
            }
            throw Refusal(
                "unable to launch the editor \(words[0].quoted): exec: \(words[0].quoted): executable file not found in $PATH"
            )
        }
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
        var template = Array("\(root)/\(start)XXXXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Refusal("unable to create a temporary folder: \(WholeFile.message(errno))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
