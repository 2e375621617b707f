import CommandLine
import Glibc
import NIOConcurrencyHelpers

/// A folder of one command's own, made when it is first asked for; files in it go with it.
final class TemporaryFolder: Sendable {
    private let made = NIOLockedValueBox<String?>(nil)

    var path: String {
        get throws {
            try made.withLockedValue { made in
                if let made { return made }
                let place = ProcessEnvironment.current["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
                var template = Array("\(place)/docker-build-XXXXXX".utf8CString)
                guard mkdtemp(&template) != nil else {
                    throw Failure("can't make a folder below \(place): \(WholeFile.message(errno))")
                }
                let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
                made = path
                return path
            }
        }
    }

    func remove() {
        guard let path = made.withLockedValue({ $0 }) else { return }
        _ = FileNames.removeFolder(path)
    }
}
