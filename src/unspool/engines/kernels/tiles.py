"""Multiply in registers: a tile of a few rows times one panel of a packed matrix.

A panel is PANEL columns of a matrix (the last panel holds the remaining ones), stored so that a product reads it once,
from end to end: at each step of K the entries of one column fill a lane of 32 bits, and the lanes of all columns are
contiguous, LANES of them in a vector. No sum crosses lanes. The storage decides how many entries a lane holds: one
float32, two bfloat16 or four int8.

Rows are float32, of which every entry is multiplied exactly; or, if the processor has instructions that multiply all
entries of a lane at once, as short as those of the panel: pairs of bfloat16 (`vdpbf16ps`), or fours of uint8 for fours
of int8 (`vpdpbusd`).
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic

LANES = 16  # 32-bit lanes in a vector
TILE_ROWS, TILE_VECTORS = 4, 4
PANEL = LANES * TILE_VECTORS  # columns of a panel
# what the numbers of a precision are stored as; uint16 holds the bits of a bfloat16
STORAGE: dict[str, Any] = {"float32": types.float32, "bfloat16": types.uint16, "int8": types.int8}
PER_LANE: dict[Any, int] = {types.float32: 1, types.uint16: 2, types.int8: 4}  # entries that fill 32 bits
HAS_VECTORS = bool(get_host_cpu_features().get("avx512f"))
HAS_PAIRS = bool(get_host_cpu_features().get("avx512bf16"))
HAS_FOURS = bool(get_host_cpu_features().get("avx512vnni"))

PREFETCH = 3072  # bytes between what a product of one row multiplies and what it prefetches

BYTE, WIDE, ADDRESS = ir.IntType(8), ir.IntType(32), ir.IntType(64)
WORDS, FLOATS = ir.VectorType(WIDE, LANES), ir.VectorType(ir.FloatType(), LANES)


class _Bfloat(ir.types.Type):  # type: ignore[misc]
    """Names LLVM's bfloat, which llvmlite does not."""

    def _to_string(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bfloat)

    def __hash__(self) -> int:
        return hash(_Bfloat)


BFLOATS = ir.VectorType(_Bfloat(), 2 * LANES)


def _all(value: int) -> Any:
    """Make a vector with the same integer in every lane."""
    return ir.Constant(WORDS, [value] * LANES)


def _load(builder: Any, address: Any, kind: Any) -> Any:
    value = builder.load(builder.inttoptr(address, kind.as_pointer()))
    value.align = 1
    return value


def _spread(builder: Any, address: Any) -> Any:
    """Load the 32 bits at an address into every lane."""
    nothing = ir.Constant(WORDS, ir.Undefined)
    value = builder.insert_element(nothing, _load(builder, address, WIDE), ir.Constant(WIDE, 0))
    return builder.shuffle_vector(value, nothing, ir.Constant(WORDS, None))


def _prefetch(builder: Any, address: Any) -> None:
    """Bring the line at an address to the nearest cache; an address without memory does nothing."""
    pointer = BYTE.as_pointer()
    kind = ir.FunctionType(ir.VoidType(), (pointer, WIDE, WIDE, WIDE))
    hint = builder.module.declare_intrinsic("llvm.prefetch", (pointer,), kind)
    reading, nearest, data = (ir.Constant(WIDE, value) for value in (0, 3, 1))
    builder.call(hint, (builder.inttoptr(address, pointer), reading, nearest, data))


def _exact(packed: Any) -> Callable[..., list[Any]]:
    """Add the products of a row's float32 entries; sums take turns, so that none waits for the one before."""
    count = PER_LANE[packed]

    def entry(builder: Any, lanes: Any, position: int) -> Any:
        """Convert one of the entries of each lane to float32."""
        if packed is types.float32:
            return builder.bitcast(lanes, FLOATS)
        if packed is types.uint16:
            bits = builder.and_(lanes, _all(0xFFFF0000)) if position else builder.shl(lanes, _all(16))
            return builder.bitcast(bits, FLOATS)
        return builder.sitofp(builder.ashr(builder.shl(lanes, _all(24 - 8 * position)), _all(24)), FLOATS)

    def add(builder: Any, sums: list[Any], lanes: Any, spread: list[Any]) -> list[Any]:
        kind = ir.FunctionType(FLOATS, (FLOATS, FLOATS, FLOATS))
        multiply_add = builder.module.declare_intrinsic("llvm.fma.v16f32", (), kind)
        for position in range(count):
            entries, turn = entry(builder, lanes, position), position % len(sums)
            values = builder.bitcast(spread[position], FLOATS)
            sums[turn] = builder.call(multiply_add, (entries, values, sums[turn]))
        return sums

    return add


def _in_pairs(builder: Any, sums: list[Any], lanes: Any, spread: list[Any]) -> list[Any]:
    """Add the products of pairs of bfloat16."""
    kind = ir.FunctionType(FLOATS, (FLOATS, BFLOATS, BFLOATS))
    add = builder.module.declare_intrinsic("llvm.x86.avx512bf16.dpbf16ps.512", (), kind)
    return [builder.call(add, (sums[0], builder.bitcast(lanes, BFLOATS), builder.bitcast(spread[0], BFLOATS)))]


def _in_fours(builder: Any, sums: list[Any], lanes: Any, spread: list[Any]) -> list[Any]:
    """Add the products of fours of uint8, of the row, and int8, of the panel."""
    kind = ir.FunctionType(WORDS, (WORDS, WORDS, WORDS))
    add = builder.module.declare_intrinsic("llvm.x86.avx512.vpdpbusd.512", (), kind)
    return [builder.call(add, (sums[0], spread[0], lanes))]


def _tile(tile_rows: int) -> Any:
    """Make the product for a number of rows."""

    def product(
        typing: Any,
        like: Any,
        packed: Any,
        vectors: Any,
        rows: Any,
        stride: Any,
        panel: Any,
        steps: Any,
        sums: Any,
        sums_stride: Any,
    ) -> Any:
        """Write the sums of rows times a panel, tile_rows x LANES * vectors: float32, or int32 for rows of uint8.

        It takes an array of the type of the rows, and one of that of the panel; the number of vectors of columns in the
        panel, 1 to TILE_VECTORS; the address of the rows, and the bytes from one to the next; the address of the panel;
        the number of lanes to read of each column; the address of the sums, and the bytes from row to row.
        """
        own = {types.uint16: _in_pairs, types.uint8: _in_fours}.get(like.dtype)
        add = own or _exact(packed.dtype)
        words = 1 if own else PER_LANE[packed.dtype]  # of 32 bits that a row has for each lane
        turns = words if tile_rows == 1 else 1  # several rows have enough sums to keep the processor busy
        prefetched = tile_rows == 1 and packed.dtype is types.float32  # too large to stay in the nearest cache
        total = WORDS if like.dtype is types.uint8 else FLOATS

        def constant(value: int) -> Any:
            return ir.Constant(ADDRESS, value)

        def written(module: Any, width: int) -> Any:
            """Write the product with a panel of some vectors as a function of its own, with all registers to itself."""
            name = f"product.{tile_rows}.{width}.{like.dtype}.{packed.dtype}"
            if name in module.globals:
                return module.globals[name]
            function = ir.Function(module, ir.FunctionType(ir.VoidType(), [ADDRESS] * 6), name)
            function.linkage = "internal"
            function.attributes.add("noinline")
            rows, stride, panel, steps, sums, sums_stride = function.args
            before, body, after = (function.append_basic_block(part) for part in ("before", "product", "sums"))
            builder = ir.IRBuilder(before)
            addresses = [builder.add(rows, builder.mul(stride, constant(row))) for row in range(tile_rows)]
            builder.branch(body)
            builder.position_at_end(body)
            step = builder.phi(ADDRESS)
            step.add_incoming(constant(0), before)
            tile = [[[builder.phi(total) for _ in range(turns)] for _ in range(width)] for _ in addresses]
            start = builder.add(panel, builder.mul(step, constant(4 * LANES * width)))
            offset = builder.mul(step, constant(4 * words))
            lanes = [_load(builder, builder.add(start, constant(4 * LANES * v)), WORDS) for v in range(width)]
            if prefetched:
                for v in range(width):
                    _prefetch(builder, builder.add(start, constant(PREFETCH + 4 * LANES * v)))
            results = []
            for address, columns in zip(addresses, tile, strict=True):
                first = builder.add(address, offset)
                spread = [_spread(builder, builder.add(first, constant(4 * word))) for word in range(words)]
                for phis, vector in zip(columns, lanes, strict=True):
                    new = add(builder, list(phis), vector, spread)
                    results.append(new)
                    for phi, value in zip(phis, new, strict=True):
                        phi.add_incoming(ir.Constant(total, None), before)
                        phi.add_incoming(value, body)
            following = builder.add(step, constant(1))
            step.add_incoming(following, body)
            builder.cbranch(builder.icmp_unsigned("<", following, steps), body, after)
            builder.position_at_end(after)
            for index, (result, *others) in enumerate(results):
                row, vector = divmod(index, width)
                for other in others:
                    result = builder.fadd(result, other)
                offset = builder.add(builder.mul(sums_stride, constant(row)), constant(4 * LANES * vector))
                builder.store(result, builder.inttoptr(builder.add(sums, offset), total.as_pointer())).align = 4
            builder.ret_void()
            return function

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            _, _, vectors, *settings = arguments
            done = builder.append_basic_block("done")
            widths = builder.switch(vectors, done)
            for width in range(1, TILE_VECTORS + 1):
                case = builder.append_basic_block("width")
                widths.add_case(constant(width), case)
                builder.position_at_end(case)
                builder.call(written(builder.module, width), settings)
                builder.branch(done)
            builder.position_at_end(done)
            return context.get_dummy_value()

        return types.void(like, packed, *[types.int64] * 7), generate

    return intrinsic(product)


tile_product: Any = _tile(TILE_ROWS)
one_product: Any = _tile(1)
two_product: Any = _tile(2)
