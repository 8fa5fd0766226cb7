"""The text of a kernel to machine code, by LLVM.

A kernel is made of few statements: whole numbers and answers, loops over rows, reads of arrays and
writes to others. Each is an instruction or two; a general compiler of Python takes twenty times as
long over them. What stands in the text and not here is a mistake of whoever wrote the text.
"""

import ast
import ctypes
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from attrs import define, field, frozen
from llvmlite import binding, ir

from aidrules.backends.kernel.prelude import CALENDAR

NUMBER: Final = ir.IntType(64)
ANSWER: Final = ir.IntType(1)

_ELEMENTS: Final = {
    "int8": ir.IntType(8),
    "int16": ir.IntType(16),
    "int32": ir.IntType(32),
    "int64": NUMBER,
    "uint8": ir.IntType(8),
    "boolean": ir.IntType(8),
}

_SIGNS: Final = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}

FASTEST: Final = 2
"""How hard LLVM tries: with 3 kernels are as fast, within what runs differ by anyhow."""


def object_of(source: str, elements: Sequence[str]) -> bytes:
    """Return the machine code of a kernel, as an object file of this machine.

    Args:
        source: One function called `kernel`, of four numbers and some arrays, none of which
            shares memory with another.
        elements: What each array is of, as NumPy calls it; `boolean` for yes or no.
    """
    module = ir.Module("kernel")
    calendar = {
        node.name: node for node in ast.parse(CALENDAR).body if isinstance(node, ast.FunctionDef)
    }
    functions = {name: _declared(module, node) for name, node in calendar.items()}
    for name, node in calendar.items():
        _Function(functions[name], node, functions).write()
    (kernel,) = ast.parse(source).body
    if not isinstance(kernel, ast.FunctionDef):
        raise TypeError(kernel)
    _Function(_kernel(module, kernel, elements), kernel, functions).write()
    return _machine_code(str(module))


def loaded(code: bytes, elements: Sequence[str]) -> Callable[..., None]:
    """Return the function of an object file; calls let other threads run.

    Raises:
        RuntimeError: If it is none of a kernel.
    """
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address("kernel")
    if not address:
        raise RuntimeError
    types = [ctypes.c_int64] * 4 + [ctypes.c_void_p] * len(elements)
    function = ctypes.CFUNCTYPE(None, *types)(address)
    return _Loaded(engine, function, tuple(elements))


@frozen
class _Loaded:
    """A function of machine code; the code lives as long as its engine."""

    engine: binding.ExecutionEngine
    function: Callable[..., None]
    elements: tuple[str, ...]

    def __call__(self, first: int, last: int, today: int, next_change: int, *arrays: Any) -> None:
        starts = map(_start, arrays, self.elements)
        self.function(first, last, today, next_change, *starts)


def _start(array: Any, element: str) -> int:
    """Return where an array begins."""
    name = "bool" if element == "boolean" else element
    if array.dtype.name != name or not array.flags.c_contiguous:
        raise TypeError(array.dtype)
    return int(array.ctypes.data)


# ---------------------------------------------------------------- the machine


@lru_cache(maxsize=1)
def host() -> str:
    """Return what this machine and this compiler are, for which the code is made."""
    return f"{binding.llvm_version_info} {binding.get_host_cpu_name()} {_features()}"


def _features() -> str:
    """Return what the processor can do; of one that does not tell, nothing beyond its name."""
    try:
        return str(binding.get_host_cpu_features().flatten())
    except RuntimeError:
        return ""


def _machine() -> binding.TargetMachine:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=_features(),
        opt=FASTEST,
        jit=True,
    )


def _machine_code(text: str) -> bytes:
    machine = _machine()
    module = binding.parse_assembly(text)
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    module.verify()
    options = binding.create_pipeline_tuning_options(speed_level=FASTEST)
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


# ---------------------------------------------------------------- functions


def _declared(module: ir.Module, node: ast.FunctionDef) -> ir.Function:
    """Return a function of the calendar: of numbers, one of which may be an array of bytes."""
    types = [
        _ELEMENTS["uint8"].as_pointer() if argument.arg == "worked" else NUMBER
        for argument in node.args.args
    ]
    made = ir.Function(module, ir.FunctionType(NUMBER, types), node.name)
    made.linkage = "internal"
    return made


def _kernel(module: ir.Module, node: ast.FunctionDef, elements: Sequence[str]) -> ir.Function:
    arrays = [_ELEMENTS[each].as_pointer() for each in elements]
    types = [*[NUMBER] * (len(node.args.args) - len(arrays)), *arrays]
    made = ir.Function(module, ir.FunctionType(ir.VoidType(), types), "kernel")
    for argument in made.args[len(types) - len(arrays) :]:
        argument.add_attribute("noalias")
    return made


@define
class _Function:
    """A function while it is written.

    Attributes:
        values: What each name is that is set once.
        places: Where each is kept that is set more than once; None before it is set.
    """

    made: ir.Function
    node: ast.FunctionDef
    functions: Mapping[str, ir.Function]
    values: dict[str, Any] = field(factory=dict)
    places: dict[str, Any] = field(factory=dict)
    build: ir.IRBuilder = field(init=False)

    def write(self) -> None:
        """Write its statements."""
        entry = self.made.append_basic_block()
        self.build = ir.IRBuilder(entry)
        for argument, value in zip(self.node.args.args, self.made.args, strict=True):
            self.values[argument.arg] = value
        stored = Counter(
            name.id
            for name in ast.walk(self.node)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        )
        for name in stored:
            if name in self.values:
                self.places[name] = self.build.alloca(self.values[name].type)
                self.build.store(self.values[name], self.places[name])
            elif stored[name] > 1:
                self.places[name] = None
        self.values["one"] = ir.Constant(NUMBER, 1)
        self._block(self.node.body)
        if self.build.block.terminator is None:
            if isinstance(self.made.function_type.return_type, ir.VoidType):
                self.build.ret_void()
            else:
                self.build.unreachable()

    def _block(self, statements: Sequence[ast.stmt]) -> None:
        for each in statements:
            self._statement(each)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._set(name, self._value(value))
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                found = [self._value(value) for value in values]
                for target, each in zip(names, found, strict=True):
                    self._set(_name(target), each)
            case ast.Assign(targets=[ast.Subscript(value=array, slice=row)], value=value):
                self._store(_name(array), self._value(row), self._value(value))
            case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
                self._set(name, self._two(op, self._get(name), self._value(value)))
            case ast.For(target=ast.Name(id=name), iter=ast.Call(args=[first, last]), body=body):
                self._loop(name, self._value(first), self._value(last), body)
            case ast.While(test=test, body=body):
                self._while(test, body)
            case ast.If(test=test, body=body, orelse=[]):
                with self.build.if_then(self._answer(test)):
                    self._block(body)
            case ast.Return(value=ast.expr() as value):
                self.build.ret(self._number(self._value(value)))
            case ast.Expr(value=ast.Constant(value=str())):
                pass
            case _:
                raise TypeError(ast.unparse(node))

    # ------------------------------------------------------------ names

    def _set(self, name: str, value: Any) -> None:
        if name not in self.places:
            self.values[name] = value
            return
        if self.places[name] is None:
            with self.build.goto_entry_block():
                self.places[name] = self.build.alloca(value.type)
        self.build.store(value, self.places[name])

    def _get(self, name: str) -> Any:
        return self.build.load(self.places[name]) if name in self.places else self.values[name]

    # ------------------------------------------------------------ loops

    def _loop(self, name: str, first: Any, last: Any, body: Sequence[ast.stmt]) -> None:
        head, inside, behind = (self.made.append_basic_block() for _ in range(3))
        before = self.build.block
        self.build.branch(head)
        self.build.position_at_end(head)
        row = self.build.phi(NUMBER)
        row.add_incoming(first, before)
        self.build.cbranch(self.build.icmp_signed("<", row, last), inside, behind)
        self.build.position_at_end(inside)
        self.values[name] = row
        self._block(body)
        row.add_incoming(self.build.add(row, ir.Constant(NUMBER, 1)), self.build.block)
        self.build.branch(head)
        self.build.position_at_end(behind)

    def _while(self, test: ast.expr, body: Sequence[ast.stmt]) -> None:
        head, inside, behind = (self.made.append_basic_block() for _ in range(3))
        self.build.branch(head)
        self.build.position_at_end(head)
        self.build.cbranch(self._answer(test), inside, behind)
        self.build.position_at_end(inside)
        self._block(body)
        self.build.branch(head)
        self.build.position_at_end(behind)

    # ------------------------------------------------------------ values

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=bool() as known):
                return ir.Constant(ANSWER, int(known))
            case ast.Constant(value=int() as known):
                return ir.Constant(NUMBER, known)
            case ast.Name(id=name):
                return self._get(name)
            case ast.Subscript(value=array, slice=row):
                return self._load(_name(array), self._value(row))
            case ast.BinOp(left=left, op=op, right=right):
                return self._two(op, self._value(left), self._value(right))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.build.not_(self._answer(operand))
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return self.build.not_(self._value(operand))
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as known)):
                return ir.Constant(NUMBER, -known)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.build.neg(self._value(operand))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                ends = self._number(self._value(left)), self._number(self._value(right))
                return self.build.icmp_signed(_SIGNS[type(op)], *ends)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._first_yes(values)
            case ast.IfExp(test=test, body=yes, orelse=no):
                ends = self._number(self._value(yes)), self._number(self._value(no))
                return self.build.select(self._answer(test), *ends)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self._call(name, [self._value(each) for each in args])
            case _:
                raise TypeError(ast.unparse(node))

    def _first_yes(self, nodes: Sequence[ast.expr]) -> Any:
        """Return whether one of some values is yes; none is worked out behind the first that is."""
        behind = self.made.append_basic_block()
        found: list[tuple[Any, Any]] = []
        for each in nodes[:-1]:
            answer = self._answer(each)
            found.append((ir.Constant(ANSWER, 1), self.build.block))
            following = self.made.append_basic_block()
            self.build.cbranch(answer, behind, following)
            self.build.position_at_end(following)
        found.append((self._answer(nodes[-1]), self.build.block))
        self.build.branch(behind)
        self.build.position_at_end(behind)
        phi = self.build.phi(ANSWER)
        for answer, block in found:
            phi.add_incoming(answer, block)
        return phi

    def _answer(self, node: ast.expr) -> Any:
        """Return a value as yes or no: of a number, whether it is not 0."""
        value = self._value(node)
        if value.type == ANSWER:
            return value
        return self.build.icmp_signed("!=", value, ir.Constant(NUMBER, 0))

    def _number(self, value: Any) -> Any:
        """Return a value as a number: yes is 1."""
        return self.build.zext(value, NUMBER) if value.type == ANSWER else value

    def _two(self, op: ast.operator, left: Any, right: Any) -> Any:
        is_answer = left.type == ANSWER and right.type == ANSWER
        if is_answer and isinstance(op, ast.BitAnd | ast.BitOr):
            pass
        else:
            left, right = self._number(left), self._number(right)
        match op:
            case ast.Add():
                return self.build.add(left, right)
            case ast.Sub():
                return self.build.sub(left, right)
            case ast.Mult():
                return self.build.mul(left, right)
            case ast.FloorDiv():
                return self._floor(left, right)
            case ast.Mod():
                return self.build.sub(left, self.build.mul(self._floor(left, right), right))
            case ast.BitAnd():
                return self.build.and_(left, right)
            case ast.BitOr():
                return self.build.or_(left, right)
            case ast.RShift():
                return self.build.ashr(left, right)
            case ast.LShift():
                return self.build.shl(left, right)
            case _:
                raise TypeError(ast.dump(op))

    def _floor(self, dividend: Any, divisor: Any) -> Any:
        """Return a quotient rounded toward minus infinity; by 0, which nobody reads, anything."""
        zero, one = ir.Constant(NUMBER, 0), ir.Constant(NUMBER, 1)
        if not isinstance(divisor, ir.Constant):
            is_zero = self.build.icmp_signed("==", divisor, zero)
            divisor = self.build.select(is_zero, one, divisor)
        whole = self.build.sdiv(dividend, divisor)
        rest = self.build.sub(dividend, self.build.mul(whole, divisor))
        has_rest = self.build.icmp_signed("!=", rest, zero)
        is_apart = self.build.icmp_signed("<", self.build.xor(rest, divisor), zero)
        is_over = self.build.and_(has_rest, is_apart)
        return self.build.sub(whole, self.build.zext(is_over, NUMBER))

    def _call(self, name: str, args: Sequence[Any]) -> Any:
        match name, args:
            case "place", [row]:
                return row
            case "flag", [truth]:
                return self._number(truth)
            case "select", [condition, yes, no]:
                return self.build.select(condition, self._number(yes), self._number(no))
            case "least" | "most", [left, right]:
                sign = "<" if name == "least" else ">"
                is_first = self.build.icmp_signed(sign, left, right)
                return self.build.select(is_first, left, right)
            case "quotient", [dividend, divisor]:
                return self.build.udiv(dividend, divisor)
            case "code_of", [mask]:
                unset = self.build.ctlz(mask, ir.Constant(ANSWER, 0))
                last = self.build.sub(ir.Constant(NUMBER, 63), unset)
                zero = ir.Constant(NUMBER, 0)
                return self.build.select(self.build.icmp_signed(">", mask, zero), last, zero)
            case _:
                numbers = [each if each.type.is_pointer else self._number(each) for each in args]
                return self.build.call(self.functions[name], numbers)

    # ------------------------------------------------------------ arrays

    def _load(self, array: str, row: Any) -> Any:
        value = self.build.load(self.build.gep(self.values[array], [row], inbounds=True))
        return self.build.zext(value, NUMBER) if value.type != NUMBER else value

    def _store(self, array: str, row: Any, value: Any) -> None:
        place = self.build.gep(self.values[array], [row], inbounds=True)
        width = place.type.pointee
        if value.type == ANSWER:
            value = self.build.zext(value, width)
        elif value.type != width:
            value = self.build.trunc(value, width)
        self.build.store(value, place)


def _name(node: ast.expr) -> str:
    if not isinstance(node, ast.Name):
        raise TypeError(ast.unparse(node))
    return node.id
