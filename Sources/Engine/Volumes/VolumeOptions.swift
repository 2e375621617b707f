import CLinux
import Fault
import Linux

/// The local driver's options: what mount(8) would be told with `-t type -o o device`.
enum VolumeOptions {
    private static let known: Set<String> = ["type", "o", "device", "size"]

    static func check(_ options: [String: String]) throws(Fault) {
        for name in options.keys.sorted() where !known.contains(name) {
            throw Fault(.invalid, "create: invalid option: \"\(name)\"")
        }
        if options["size"] != nil {
            throw Fault(
                .invalid,
                "create: quota size requested but no quota support: use --opt type=tmpfs --opt device=tmpfs --opt o=size=… for a volume of limited size"
            )
        }
        if options.isEmpty { return }
        if options["device"]?.isEmpty ?? true { throw Fault(.invalid, "create: missing required option: \"device\"") }
        if (options["type"]?.isEmpty ?? true), !words(options["o"]).contains(where: { $0 == "bind" || $0 == "rbind" }) {
            throw Fault(.invalid, "create: missing required option: \"type\"")
        }
    }

    private static func words(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",", omittingEmptySubsequences: true).map(String.init)
    }

    /// mount(8)'s words for mount(2)'s flags; a word's flags are set or cleared.
    private static let flags: [String: (clear: Bool, flag: Int)] = [
        "ro": (false, MS_RDONLY), "rw": (true, MS_RDONLY),
        "nosuid": (false, MS_NOSUID), "suid": (true, MS_NOSUID),
        "nodev": (false, MS_NODEV), "dev": (true, MS_NODEV),
        "noexec": (false, MS_NOEXEC), "exec": (true, MS_NOEXEC),
        "sync": (false, MS_SYNCHRONOUS), "async": (true, MS_SYNCHRONOUS),
        "dirsync": (false, MS_DIRSYNC), "mand": (false, MS_MANDLOCK),
        "noatime": (false, MS_NOATIME), "atime": (true, MS_NOATIME),
        "nodiratime": (false, MS_NODIRATIME), "diratime": (true, MS_NODIRATIME),
        "relatime": (false, MS_RELATIME), "norelatime": (true, MS_RELATIME),
        "strictatime": (false, MS_STRICTATIME), "nostrictatime": (true, MS_STRICTATIME),
        "bind": (false, Int(hako_ms_bind())), "rbind": (false, Int(hako_ms_bind() | hako_ms_rec())),
        "defaults": (true, 0),
    ]

    static func parse(_ text: String?) -> (flags: UInt, data: String) {
        var set = 0
        var data: [String] = []
        for word in words(text) {
            if let (clear, flag) = flags[word] {
                set = clear ? set & ~flag : set | flag
            } else {
                data.append(word)
            }
        }
        return (UInt(set), data.joined(separator: ","))
    }

    static func mount(_ record: VolumeRecord) throws {
        let device = record.options["device"] ?? ""
        let (flags, words) = parse(record.options["o"])
        let type = record.options["type"] ?? ""
        let isRemote = type == "nfs" || type == "nfs4" || type == "cifs"
        let data = isRemote ? try withAddress(words) : words
        if let error = attempt(device, on: record.mountpoint, type, flags, data) {
            let more = data.isEmpty ? "" : ", data: \(data)"
            throw Fault(
                .internalFault,
                "error while mounting volume '\(record.mountpoint)': failed to mount local volume: "
                    + "mount \(device):\(record.mountpoint), flags: 0x\(String(flags, radix: 16))\(more): "
                    + error.reason.lowercased(), cause: error)
        }
    }

    private static func attempt(
        _ device: String, on target: String, _ type: String, _ flags: UInt, _ data: String
    ) -> KernelError? {
        let bind = UInt(hako_ms_bind()), recursive = UInt(hako_ms_rec())
        do throws(KernelError) {
            if flags & bind == 0 {
                try Mount.mount(source: device, on: target, type: type, flags: flags, data: data)
            } else {
                try Mount.bind(device, on: target, recursive: flags & recursive != 0)
                let others = flags & ~(bind | recursive)
                if others != 0 { try Mount.remount(target, flags: others) }
            }
            return nil
        } catch {
            return error
        }
    }

    /// The kernel wants the server's address, people write its name.
    private static func withAddress(_ data: String) throws -> String {
        try words(data).map { word in
            guard word.hasPrefix("addr="), IPAddress(String(word.dropFirst(5))) == nil else { return word }
            let name = String(word.dropFirst(5))
            guard let address = HostName.resolve(name) else {
                throw Fault(
                    .internalFault, "error resolving passed in network volume address: lookup \(name): no such host")
            }
            return "addr=\(address)"
        }.joined(separator: ",")
    }
}

/// A host's name as the system resolves it. Blocking.
enum HostName {
    static func resolve(_ name: String) -> IPAddress? {
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, nil, &found) == 0 else { return nil }
        defer { freeaddrinfo(found) }
        var at = found
        while let entry = at {
            if entry.pointee.ai_family == AF_INET, let address = entry.pointee.ai_addr {
                let bytes = UnsafeRawBufferPointer(start: address, count: MemoryLayout<sockaddr_in>.size)
                return IPAddress(bytes: Array(bytes[4..<8]))
            }
            if entry.pointee.ai_family == AF_INET6, let address = entry.pointee.ai_addr {
                let bytes = UnsafeRawBufferPointer(start: address, count: MemoryLayout<sockaddr_in6>.size)
                return IPAddress(bytes: Array(bytes[8..<24]))
            }
            at = entry.pointee.ai_next
        }
        return nil
    }
}
