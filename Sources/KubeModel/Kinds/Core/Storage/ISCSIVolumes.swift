import JSON

enum ISCSIVolumes {
    /// Longest name of a volume and its portal together where an initiator is named, in bytes.
    static let portalLimit = 64
    static let portalWords =
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is "
        + "specified."

    static func check(_ volume: JSON, _ isPersistent: Bool, _ path: FieldPath, _ faults: inout Faults) {
        faults.checkPresent(volume, "targetPortal", path)
        let name = volume.text("iqn")
        let unknown = "must be valid format starting with iqn, eui, or naa"
        if name.isEmpty {
            faults.required(path["iqn"])
        } else if !hasKnownStart(name) {
            faults.invalid(path["iqn"], .string(name), isPersistent ? "must be valid format" : unknown)
        } else if !isName(name) {
            faults.invalid(path["iqn"], .string(name), "must be valid format")
        }
        faults.checkRange(volume, "lun", path, 0...255)
        if volume.flag("chapAuthDiscovery") || volume.flag("chapAuthSession"), !volume.has("secretRef") {
            faults.required(path["secretRef"])
        }
        if isPersistent, volume.has("secretRef") {
            faults.checkPresent(volume["secretRef"], "name", path["secretRef"])
        }
        guard volume.has("initiatorName") else { return }
        let initiator = volume.text("initiatorName")
        if !hasKnownStart(initiator) {
            faults.invalid(
                path["initiatorname"], .string(initiator), isPersistent ? "must be valid format" : unknown)
        } else if !isName(initiator) {
            faults.invalid(path["initiatorname"], .string(initiator), "must be valid format")
        }
    }

    private static func hasKnownStart(_ name: String) -> Bool {
        name.hasPrefix("iqn") || name.hasPrefix("eui") || name.hasPrefix("naa")
    }

    /// `iqn.2026-01.com.example:disk`, `eui.` with 16 or `naa.` with 32 letters and digits.
    private static func isName(_ name: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 }
        let rest = name.utf8.dropFirst(4)
        if name.hasPrefix("eui") { return rest.count == 16 && rest.allSatisfy(isWord) }
        if name.hasPrefix("naa") { return rest.count == 32 && rest.allSatisfy(isWord) }
        let date = Array(rest.prefix(8))
        guard name.hasPrefix("iqn."), date.count == 8, date[4] == UInt8(ascii: "-"), date[7] == UInt8(ascii: "."),
            [0, 1, 2, 3, 5, 6].allSatisfy({ date[$0] &- 0x30 < 10 })
        else { return false }
        let tail = rest.dropFirst(8)
        guard let colon = tail.firstIndex(of: UInt8(ascii: ":")), colon > tail.startIndex else { return false }
        let (domain, target) = (tail[..<colon], tail[colon...].dropFirst())
        return domain.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            && !target.isEmpty && !target.contains { ",;*&$|".utf8.contains($0) || $0 <= 0x20 }
    }
}
