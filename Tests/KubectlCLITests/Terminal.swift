import CommandLine
import NIOConcurrencyHelpers

@testable import KubectlCLI

/// What a run of kubectl printed and how it ended.
struct Printed: Equatable {
    let code: Int32
    let out: String
    let err: String

    static func run(_ arguments: [String], environment: [String: String] = ["HOME": "/nonexistent"], input: String = "")
        async
        -> Printed
    {
        let texts = NIOLockedValueBox<(out: [UInt8], err: [UInt8])>(([], []))
        let rest = NIOLockedValueBox(Array(input.utf8))
        let program = KubectlProgram(
            input: Input(isTerminal: false) { limit in
                rest.withLockedValue { rest in
                    let part = Array(rest.prefix(limit))
                    rest.removeFirst(part.count)
                    return part
                }
            },
            out: Output { bytes in
                texts.withLockedValue { $0.out += bytes }
                return true
            },
            err: Output { bytes in
                texts.withLockedValue { $0.err += bytes }
                return true
            }, environment: environment)
        let code = await program.run(arguments)
        return texts.withLockedValue {
            Printed(
                code: code, out: String(decoding: $0.out, as: UTF8.self), err: String(decoding: $0.err, as: UTF8.self))
        }
    }
}
