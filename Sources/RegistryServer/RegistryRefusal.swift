import JSON
import NIOCore
import NIOHTTP1

/// An answer that says no, in the registry's words (distribution-spec, "Error Codes").
struct RegistryRefusal: Error, CustomStringConvertible {
    enum Code: String {
        case blobUnknown = "BLOB_UNKNOWN"
        case blobUploadInvalid = "BLOB_UPLOAD_INVALID"
        case blobUploadUnknown = "BLOB_UPLOAD_UNKNOWN"
        case digestInvalid = "DIGEST_INVALID"
        case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
        case manifestInvalid = "MANIFEST_INVALID"
        case manifestUnknown = "MANIFEST_UNKNOWN"
        case nameInvalid = "NAME_INVALID"
        case nameUnknown = "NAME_UNKNOWN"
        case sizeInvalid = "SIZE_INVALID"
        case tagInvalid = "TAG_INVALID"
        case unauthorized = "UNAUTHORIZED"
        case unsupported = "UNSUPPORTED"
        case unknown = "UNKNOWN"
    }

    let status: HTTPResponseStatus
    let code: Code
    let message: String
    var headers = HTTPHeaders()

    init(_ status: HTTPResponseStatus, _ code: Code, _ message: String, _ headers: HTTPHeaders = HTTPHeaders()) {
        (self.status, self.code, self.message, self.headers) = (status, code, message, headers)
    }

    var description: String { message }

    var body: ByteBuffer {
        let tree: JSON = ["errors": [["code": .string(code.rawValue), "message": .string(message), "detail": [:]]]]
        return ByteBuffer(bytes: tree.bytes() + [UInt8(ascii: "\n")])
    }

    static func noBlob(_ name: ContentName, in repository: String) -> RegistryRefusal {
        RegistryRefusal(.notFound, .blobUnknown, "blob \(name) is not in repository \(repository)")
    }

    static func noManifest(_ reference: String, in repository: String) -> RegistryRefusal {
        RegistryRefusal(.notFound, .manifestUnknown, "manifest \(reference) is not in repository \(repository)")
    }

    static func noRepository(_ name: String) -> RegistryRefusal {
        RegistryRefusal(.notFound, .nameUnknown, "repository \(name) is not known to this registry")
    }

    static func noUpload(_ id: String) -> RegistryRefusal {
        RegistryRefusal(.notFound, .blobUploadUnknown, "upload \(id) is not known to this registry; begin it anew")
    }

    static func noDigest(_ text: String) -> RegistryRefusal {
        RegistryRefusal(.badRequest, .digestInvalid, "\"\(text.prefix(150))\" is no sha256 or sha512 digest")
    }
}
