/// A parsed template: what executing it walks through.
indirect enum TemplateNode: Sendable {
    case text(String)
    case output(TemplatePipeline)
    case conditional(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case with(TemplatePipeline, then: [TemplateNode], otherwise: [TemplateNode])
    case range(TemplatePipeline, body: [TemplateNode], otherwise: [TemplateNode])
    case template(String, TemplatePipeline?)
    case breakLoop
    case continueLoop
}

/// `$i, $v := command | command`.
struct TemplatePipeline: Sendable {
    var variables: [String] = []
    /// `=` rather than `:=`.
    var assigns = false
    var commands: [TemplateCommand] = []
    var line = 1
}

/// An operand with the arguments that follow it.
struct TemplateCommand: Sendable {
    var operands: [TemplateOperand]
    /// As written, for messages.
    var source: String
    var column: Int
}

indirect enum TemplateOperand: Sendable {
    case dot
    case null
    case constant(TemplateValue)
    case field([String], source: String, column: Int)
    case variable(String, [String], source: String, column: Int)
    case function(String, column: Int)
    case pipeline(TemplatePipeline, [String], source: String, column: Int)
}
