import CommandLine
import Fault
import JSON

/// `--log-opt`: what each driver takes, in dockerd's words.
enum LogOptionChecks {
    private static let common: Set<String> = ["mode", "max-buffer-size"]
    private static let jsonFile: Set<String> = [
        "max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag",
    ]
    private static let local: Set<String> = ["max-file", "max-size", "compress"]

    /// At creation: names, and how the driver is fed. Throws `invalid`.
    static func check(_ config: JSON) throws(Fault) {
        let driver = config["Type"].string ?? "", options = config["Config"].stringMap
        if driver == "none" { return }
        let mode = options["mode"] ?? ""
        guard ["", "blocking", "non-blocking"].contains(mode) else {
            throw Fault(.invalid, "logger: logging mode not supported: \(mode)")
        }
        if let size = options["max-buffer-size"] {
            guard mode == "non-blocking" else {
                throw Fault(.invalid, "logger: max-buffer-size option is only supported with 'mode=non-blocking'")
            }
            guard Units.parseBinarySize(size) != nil else {
                throw Fault(.invalid, "error parsing option max-buffer-size: invalid size: '\(size)'")
            }
        }
        guard driver == "json-file" || driver == "local" else {
            throw Fault(.invalid, "logger: no log driver named '\(driver)' is registered")
        }
        let known = driver == "local" ? local : jsonFile
        for name in options.keys.sorted() where !known.contains(name) && !common.contains(name) {
            let taker = driver == "local" ? "log driver local" : "json-file log driver"
            throw Fault(.invalid, "unknown log opt '\(name)' for \(taker)")
        }
    }

    /// At the start: the values. Throws `invalid`.
    static func rotation(_ options: [String: String], isLocal: Bool) throws(Fault) -> LogRotation {
        func failure(_ why: String) -> Fault {
            Fault(
                .invalid, "failed to create task for container: failed to initialize logging driver: \(why)")
        }
        // Docker's `local` rotates and compresses on its own: 5 files of 20 MB.
        var rotation = isLocal ? LogRotation(size: 20 << 20, files: 5, compresses: true) : LogRotation()
        if let text = options["max-size"] {
            let place = isLocal ? "invalid value for max-size: \(text): " : ""
            guard let bytes = LogSize.parse(text) else { throw failure(place + "invalid size: '\(text)'") }
            guard bytes > 0 else { throw failure("max-size must be a positive number") }
            rotation.size = bytes
        }
        if let text = options["max-file"] {
            let place = isLocal ? "invalid value for max-file: \(text): " : ""
            guard let count = Int(text) else {
                throw failure(place + "strconv.Atoi: parsing \(JSON(text).text): invalid syntax")
            }
            guard count >= 1 else { throw failure("max-file cannot be less than 1") }
            guard count <= LogLimit.files else { throw failure("max-file cannot be more than \(LogLimit.files)") }
            rotation.files = count
        }
        if let text = options["compress"] {
            let place = isLocal ? "invalid boolean value for compress: " : ""
            guard let compresses = TruthValue.parse(text) else {
                throw failure(place + "strconv.ParseBool: parsing \(JSON(text).text): invalid syntax")
            }
            rotation.compresses = compresses
        }
        if rotation.compresses, rotation.files == 1 || rotation.size == nil {
            throw failure(
                isLocal
                    ? "compression cannot be enabled when max file count is 1"
                    : "compress cannot be true when max-file is less than 2 or max-size is not set")
        }
        return rotation
    }

    /// `mode=non-blocking`: bytes that may wait, dockerd's million where none are named; nil: the container waits.
    static func bufferSize(_ options: [String: String]) -> Int64? {
        guard options["mode"] == "non-blocking" else { return nil }
        return options["max-buffer-size"].flatMap(Units.parseBinarySize) ?? 1_000_000
    }
}

/// What becomes of a log that grows.
struct LogRotation: Equatable {
    /// Bytes of a file; nil: it grows without end.
    var size: Int64?
    var files = 1
    var compresses = false
}

/// `10m`, `1.5g`: powers of 1000, as Docker's log options count.
enum LogSize {
    /// Bytes; nil when it is no size.
    static func parse(_ text: String) -> Int64? {
        let lower = text.lowercased()
        let digits = lower.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        var unit = lower.dropFirst(digits.count)
        if unit.first == " " { unit = unit.dropFirst() }
        let scales: [Substring: Double] = ["": 1, "b": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "p": 1e15]
        let plain =
            unit.hasSuffix("ib") ? unit.dropLast(2) : unit.count == 2 && unit.hasSuffix("b") ? unit.dropLast() : unit
        guard let scale = scales[plain], let count = Double(digits), count * scale < 9e18 else { return nil }
        return Int64(count * scale)
    }
}

/// Go's strconv.ParseBool.
enum TruthValue {
    static func parse(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
