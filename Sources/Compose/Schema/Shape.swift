/// What a part of a file may look like, and how it is written once it is normal. The tables follow the Compose
/// specification's schema; fields stand in the order in which the original prints them.
indirect enum Shape: Sendable {
    /// Scalars of these types, with bounds for numbers.
    case scalar([ScalarType], ClosedRange<Double>? = nil)
    case options([String])
    case pattern(String, @Sendable (String) -> Bool)
    case list(Shape, unique: Bool = false)
    case object(ObjectShape)
    case oneOf([Shape])
    case any
}

enum ScalarType: String, Sendable {
    case string, boolean, number, integer, null, object, array
}

struct ObjectShape: Sendable {
    var fields: [Field] = []
    /// Members with any name of this kind; nil: none.
    var members: Shape?
    var isName: @Sendable (String) -> Bool = { _ in true }
    var required: [String] = []
    var takesExtensions = true
    /// Members that no field names are let through.
    var isOpen = false
    var takesNull = false

    static func closed(
        _ fields: [Field], required: [String] = [], extensions: Bool = true, null: Bool = false
    ) -> Shape {
        .object(ObjectShape(fields: fields, required: required, takesExtensions: extensions, takesNull: null))
    }

    /// Any names, with values of one shape.
    static func map(_ shape: Shape, null: Bool = false) -> Shape {
        .object(ObjectShape(members: shape, takesExtensions: false, isOpen: true, takesNull: null))
    }

    /// Names of letters, digits, dots, dashes and underscores.
    static func names(_ shape: Shape) -> Shape {
        .object(ObjectShape(members: shape, isName: isResourceName, takesExtensions: false))
    }

    @Sendable static func isResourceName(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "._-".unicodeScalars.contains($0))
            }
    }
}

struct Field: Sendable {
    let name: String
    let shape: Shape
    let form: Form
    let empty: Empty
    /// The name in the original's JSON, where it differs.
    var printed: String { self.printedName ?? name }
    private let printedName: String?

    /// What is done with a value that says nothing.
    enum Empty: Sendable { case omitted, kept, always }

    init(
        _ name: String, _ shape: Shape, _ form: Form = .same, empty: Empty = .omitted, printed: String? = nil
    ) {
        printedName = printed
        self.name = name
        self.shape = shape
        self.form = form
        self.empty = empty
    }
}

/// The normal form of a value.
enum Form: Sendable {
    /// As it is; objects and lists of them by their own fields.
    case same
    case text, boolean, integer, float
    /// Kept in 32 bits by the original.
    case float32
    /// Bytes as digits in a string.
    case bytes
    /// A span as Go writes it.
    case duration
    /// A list of texts; one text is a list of it.
    case texts
    /// `NAME=value`s as a map; without a value: the empty text.
    case mapping
    /// The same, but a name without a value stays null.
    case variables
    /// A text is split into words as a shell does.
    case command
    case hosts
    /// `ID` or `ID: PATH`.
    case ssh
    /// File permissions in octal, as a string.
    case mode
    case ulimits
    /// Written by no one: it has done its work.
    case hidden
    case healthTest
    /// A count, or `all`, which is -1.
    case deviceCount
}

extension Shape {
    static let text = Shape.scalar([.string])
    static let boolean = Shape.scalar([.boolean, .string])
    static let integer = Shape.scalar([.integer, .string])
    static let number = Shape.scalar([.number, .string])
    static let textList = Shape.list(.text, unique: true)
    static let texts = Shape.oneOf([.text, .textList])
    static let command = Shape.oneOf([.scalar([.null]), .text, .list(.text)])
    /// A map of scalars, or `NAME=value`s.
    static let pairs = Shape.oneOf([
        ObjectShape.map(.scalar([.string, .number, .boolean, .null])), .textList,
    ])
    static let options = ObjectShape.map(.scalar([.string, .number]))
}
