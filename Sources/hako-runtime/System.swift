import CLinux

// The door to the kernel and small helpers on descriptors. Nothing here allocates more than its result.

/// Runs the call again on EINTR and turns -1 into a failure of `step` with `subject`.
@discardableResult
func check<R: FixedWidthInteger>(
    _ step: LaunchStep, _ subject: @autoclosure () -> String = "", _ body: () -> R
) throws(LaunchFailure) -> R {
    while true {
        let result = body()
        let code = hako_errno()
        if result != -1 { return result }
        if code != EINTR { throw LaunchFailure(step: step, errno: code, subject: subject()) }
    }
}

/// The same for calls whose failure is an answer: nil and errno is left as the kernel set it.
func attempt<R: FixedWidthInteger>(_ body: () -> R) -> R? {
    while true {
        let result = body()
        if result != -1 { return result }
        if hako_errno() != EINTR { return nil }
    }
}

func closeDescriptor(_ descriptor: Int32) {
    if descriptor >= 0 { _ = close(descriptor) }
}

/// Opens a path of the host's.
func openHost(_ path: String, _ flags: Int32, mode: mode_t = 0, step: LaunchStep) throws(LaunchFailure) -> Int32 {
    try check(step, path) { hako_open(path, flags | O_CLOEXEC, mode) }
}

func status(of descriptor: Int32, step: LaunchStep, _ subject: String) throws(LaunchFailure) -> stat {
    var result = stat()
    try check(step, subject) { fstat(descriptor, &result) }
    return result
}

extension stat {
    var kind: UInt32 { UInt32(st_mode) & 0o170000 }
    var isFolder: Bool { kind == 0o040000 }
    var isCharacterDevice: Bool { kind == 0o020000 }
    var isLink: Bool { kind == 0o120000 }
    var isRegular: Bool { kind == 0o100000 }
}

/// Everything in the file from its beginning, at most `limit` bytes; nil when it is longer or can't be read.
func readWhole(_ descriptor: Int32, limit: Int) -> [UInt8]? {
    var information = stat()
    guard fstat(descriptor, &information) == 0, Int(information.st_size) <= limit else { return nil }
    let size = Int(information.st_size)
    var bytes = [UInt8](repeating: 0, count: size)
    var filled = 0
    while filled < size {
        let count = bytes.withUnsafeMutableBytes { space in
            pread(descriptor, space.baseAddress.map { $0 + filled }, size - filled, off_t(filled))
        }
        if count < 0 && hako_errno() == EINTR { continue }
        guard count > 0 else { return nil }
        filled += count
    }
    return bytes
}

/// Reads a small file of unknown size (procfs, cgroupfs), at most 16 KiB.
func readSmall(_ path: String) -> [UInt8]? {
    guard let descriptor = attempt({ hako_open(path, O_RDONLY | O_CLOEXEC, 0) }) else { return nil }
    defer { closeDescriptor(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 16 << 10 {
        guard let count = attempt({ read(descriptor, &chunk, 4096) }), count > 0 else { break }
        bytes.append(contentsOf: chunk[0..<count])
    }
    return bytes
}

@discardableResult
func writeWhole(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    var offset = 0
    while offset < bytes.count {
        let count = bytes.withUnsafeBytes {
            write(descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
        }
        if count < 0 && hako_errno() == EINTR { continue }
        guard count > 0 else { return false }
        offset += count
    }
    return true
}

/// For the runtime's own log, which is its stderr.
func complain(_ text: String) {
    writeWhole(2, Array(text.utf8) + [10])
}

func setNonBlocking(_ descriptor: Int32) {
    _ = hako_fcntl(descriptor, F_SETFL, Int(hako_fcntl(descriptor, F_GETFL, 0)) | Int(O_NONBLOCK))
}

/// Nanoseconds since the epoch.
func wallClock() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

func split(_ text: String, by separator: UInt8) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var part: [UInt8] = []
    for byte in text.utf8 {
        if byte == separator {
            parts.append(part)
            part = []
        } else {
            part.append(byte)
        }
    }
    parts.append(part)
    return parts
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

func decimal(_ number: Int) -> String {
    if number == 0 { return "0" }
    var digits: [UInt8] = []
    var rest = number.magnitude
    while rest > 0 {
        digits.append(UInt8(48 + rest % 10))
        rest /= 10
    }
    if number < 0 { digits.append(45) }
    return text(digits.reversed())
}

func hasPrefix(_ bytes: [UInt8], _ prefix: StaticString) -> Bool {
    guard bytes.count >= prefix.utf8CodeUnitCount else { return false }
    for index in 0..<prefix.utf8CodeUnitCount where bytes[index] != prefix.utf8Start[index] { return false }
    return true
}

func equals(_ text: String, _ other: StaticString) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count == other.utf8CodeUnitCount && hasPrefix(bytes, other)
}

func sameBytes(_ one: String, _ other: String) -> Bool { Array(one.utf8) == Array(other.utf8) }

/// argv or envp for execve(2). Never freed: the process execs or ends.
func pointers(_ texts: [String]) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> {
    let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
    for (index, text) in texts.enumerated() { list[index] = strdup(text) }
    list[texts.count] = nil
    return list
}

/// Closes all but standard streams, the descriptors given and those to be handed to the payload.
func closeOthers(keeping kept: [Int32], preserved count: UInt32) {
    let preserved = (0..<Int32(count)).map { RuntimeDescriptor.preserved + $0 }
    var next: Int32 = 3
    for descriptor in (kept + preserved).filter({ $0 > 2 }).sorted() {
        if descriptor > next { _ = hako_close_range(UInt32(next), UInt32(descriptor - 1), 0) }
        next = max(next, descriptor + 1)
    }
    _ = hako_close_range(UInt32(next), UInt32.max, 0)
}
