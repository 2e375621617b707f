import CLinux
import Fault
import Linux

// image-spec, layer.md "Representing Changes": `.wh.NAME` hides NAME of the layers below, `.wh..wh..opq` all that the
// folder has there. overlayfs says the same with a character device 0:0 and with an attribute of the folder.
extension TarExtractor {
    private static let prefix = Array(".wh.".utf8)
    private static let metadataPrefix = Array(".wh..wh.".utf8)
    private static let opaqueName = Array(".wh..wh..opq".utf8)
    static let opaqueAttribute = "trusted.overlay.opaque"

    /// True when the member was a whiteout and is done with.
    func whiteout(_ path: TarPath) throws -> Bool {
        guard path.name.starts(with: Self.prefix) else {
            // AUFS kept hard links in folders of such names; what lies in them isn't part of the layer.
            return path.whole.starts(with: Self.metadataPrefix) || contains(path.whole, Array("/.wh..wh.".utf8))
        }
        let folder = try folder(path.parent)
        if path.name.elementsEqual(Self.opaqueName) {
            try makeOpaque(folder, path)
            return true
        }
        if path.name.starts(with: Self.metadataPrefix) { return true }
        let hidden = Array(path.name.dropFirst(Self.prefix.count))
        guard !hidden.isEmpty, hidden != [UInt8(ascii: ".")], hidden != Array("..".utf8) else {
            throw Fault(.invalid, "tar archive has an illegal whiteout: \"\(path.shown)\"")
        }
        let target = try TarPath(Array(path.whole[..<path.nameStart]) + hidden)
        try hide(target, folder)
        return true
    }

    private func hide(_ target: TarPath, _ folder: OwnedDescriptor) throws {
        switch try kind(target, folder) {
        case nil:
            try kernel("mknodat", target.shown) {
                target.whole.withPath(from: target.nameStart) { mknodat(folder.raw, $0, UInt32(S_IFCHR), 0) }
            }
            rememberWhiteout(target.whole)
        case mode_t(S_IFDIR)?:
            // The layer has a folder of its own there: it stays, and nothing shows through it.
            try makeOpaque(open(target.whole, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), target)
        default: return  // the layer's own file hides what is below
        }
    }

    func makeOpaque(_ folder: OwnedDescriptor, _ path: TarPath) throws {
        try kernel("setxattr", "\(Self.opaqueAttribute) of \(path.shown)") {
            fsetxattr(folder.raw, Self.opaqueAttribute, "y", 1, 0)
        }
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...(bytes.count - part.count)).contains { bytes[$0...].starts(with: part) }
    }
}
