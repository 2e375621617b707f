/// Why bytes are no message of their type; sentences as Kubernetes' generated code has them.
package struct ProtobufFault: Error, Equatable, CustomStringConvertible {
    package let description: String

    @inlinable package init(description: String) { self.description = description }

    package static let unexpectedEnd = ProtobufFault(description: "unexpected EOF")
    package static let overflow = ProtobufFault(description: "proto: integer overflow")
    package static let negativeLength = ProtobufFault(
        description: "proto: negative length found during unmarshaling")
}
