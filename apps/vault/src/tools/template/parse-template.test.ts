import { describe, expect, it } from 'vitest'
import { functionNames } from './functions/function-table.ts'
import { parseTemplate } from './parse-template.ts'
import { TemplateFault, type TemplateScope } from './template.ts'

const world = {
  now: () => Date.UTC(2026, 2, 4, 5, 6, 7),
  randomBytes: (size: number) => new Uint8Array(size).fill(7),
}
const yields = (text: string, scope: TemplateScope = {}): string =>
  parseTemplate(text).render(scope, 'text', world)
const fault = (text: string, scope: TemplateScope = {}): string => {
  try {
    yields(text, scope)
  } catch (thrown) {
    if (thrown instanceof TemplateFault) return thrown.message
    throw thrown
  }
  throw new Error(`no fault in ${text}`)
}

describe('a template', () => {
  it.each([
    ['plain text', 'plain text'],
    ['{{.a}} {{ .b.c }} {{.list.1}} {{.none}}|{{.nil}}', '1 x two |null'],
    ['a  {{- .a -}}  b', 'a1b'],
    ['{{/* a comment */ -}}  {{.a}}', '1'],
    ['{{`list.#`}} {{"a\\n\\"q\\"\\u00e9"}} {{\'c\'}}', '3 a\n"q"é c'],
    ['{{.b}} {{.list}}', '{"c":"x"} ["one","two",3]'],
    ['{{1.5}} {{-2}} {{0x1f}} {{true}} {{1e3}}', '1.5 -2 31 true 1000'],
    ['{{(index .items 1).name}} {{index .b "c"}} {{$.a}}', 'n2 x 1'],
    ['{{$x := .a}}{{$x}}{{$x = 2}}{{$x}}', '12'],
    ['{{.a | printf "%03d"}} {{.b.c | upper | printf "%s-%s" "y"}}', '001 y-X'],
  ])('%s', (text, expected) => {
    const scope = {
      a: 1,
      b: { c: 'x' },
      list: ['one', 'two', 3],
      nil: null,
      items: [{ name: 'n1' }, { name: 'n2' }],
    }
    expect(yields(text, scope)).toBe(expected)
  })

  it.each([
    ['{{if .yes}}a{{else}}b{{end}}', 'a'],
    ['{{if .no}}a{{else if eq .n 2}}b{{else}}c{{end}}', 'b'],
    ['{{if and .yes (gt .n 1) (not .no)}}a{{end}}{{if or .no .none}}b{{end}}', 'a'],
    ['{{with .o}}{{.x}}{{$.n}}{{end}}{{with .none}}a{{else}}b{{end}}', '12b'],
    ['{{range $i, $v := .list}}{{$i}}{{$v}} {{end}}', '0a 1b 2c '],
    ['{{range .list}}{{.}}{{end}}{{range .empty}}x{{else}}none{{end}}', 'abcnone'],
    ['{{range $k, $v := .o}}{{$k}}={{$v}};{{end}}', 'z=3;x=1;'],
    ['{{range .list}}{{if eq . "b"}}{{continue}}{{end}}{{.}}{{end}}', 'ac'],
    ['{{range .list}}{{if eq . "b"}}{{break}}{{end}}{{.}}{{end}}', 'a'],
    ['{{range 3}}{{.}}{{end}}', '012'],
    ['{{$s := 0}}{{range .list}}{{$s = add $s 1}}{{end}}{{$s}}', '3'],
  ])('chooses and goes round: %s', (text, expected) => {
    const scope = {
      yes: true,
      no: false,
      n: 2,
      o: { z: 3, x: 1 },
      list: ['a', 'b', 'c'],
      empty: [],
    }
    expect(yields(text, scope)).toBe(expected)
  })

  it.each([
    [
      '{{add 1 2 3}} {{sub 5 7}} {{mul 3 "4"}} {{div 7 2}} {{mod 7 4}} {{max 1 9 3}} {{round 3.14159 2}} {{addf 0.5 1}}',
      '6 -2 12 3 3 9 3.14 1.5',
    ],
    [
      '{{lower "A B" | replace " " "-"}} {{title "two words"}} {{trimSuffix "/" "a/"}} {{trim "  x "}} {{trunc 2 "abc"}} {{nospace "a b"}}',
      'a-b Two Words a x ab ab',
    ],
    [
      '{{join "," .l}} {{join .l ";"}} {{first .l}} {{last .l}} {{rest .l}} {{slice .l 1 2}} {{has "b" .l}} {{reverse .l | join ""}}',
      'a,b,c a;b;c a c ["b","c"] ["b"] true cba',
    ],
    [
      '{{default "d" .none}} {{coalesce .none "" "x"}} {{ternary "y" "n" true}} {{empty .none}}',
      'd x y true',
    ],
    [
      '{{toJson .l}} {{(fromJson "{\\"a\\":[1]}").a}} {{quote "a\\"b"}} {{squote 1}}',
      '["a","b","c"] [1] "a\\"b" \'1\'',
    ],
    [
      '{{b64enc "hé"}} {{b64dec "aMOp"}} {{urlquery "a b&c"}} {{html "<a>"}}',
      'aMOp hé a+b%26c &lt;a&gt;',
    ],
    [
      '{{now | date "2006-01-02 15:04:05"}} {{dateInZone "Mon 02 Jan 15:04 -07:00" now "Asia/Shanghai"}}',
      '2026-03-04 05:06:07 Wed 04 Mar 13:06 +08:00',
    ],
    [
      '{{date "Monday" 0}} {{dateModify "-24h" now | date "2006-01-02"}} {{unixEpoch now}} {{toDate "2006-01-02" "2026-02-03" | unixEpoch}}',
      'Thursday 2026-03-03 1772600767 1770076800',
    ],
    ['{{uuidv4}}', '07070707-0707-4707-8707-070707070707'],
    [
      '{{dict "a" 1 | toJson}} {{hasKey .m "x"}} {{get .m "x"}} {{keys .m}} {{len .m}} {{len "hé"}}',
      '{"a":1} true 1 ["x"] 1 3',
    ],
    [
      '{{regexMatch "^a+$" "aaa"}} {{regexFind "[0-9]+" "ab12"}} {{regexReplaceAll "(a)(b)" "abab" "$2-"}}',
      'true 12 b-b-',
    ],
    [
      '{{printf "%s|%5.2f|%-4d|%q|%t|%x|%v" "s" 3.14159 7 "q" true 255 .l}}',
      's| 3.14|7   |"q"|true|ff|[a b c]',
    ],
    [
      '{{eq "1" 1}} {{eq .a "x" "1"}} {{ne 1 2}} {{lt "a" "b"}} {{ge 10 9}}',
      'true true true true true',
    ],
    [
      '{{until 3}} {{seq 1 3}} {{list 1 "b" | toJson}} {{uniq (list 1 1 2)}} {{split "-" "a-b"}}',
      '[0,1,2] 1 2 3 [1,"b"] [1,2] {"_0":"a","_1":"b"}',
    ],
  ])('calls functions: %s', (text, expected) => {
    expect(yields(text, { l: ['a', 'b', 'c'], m: { x: 1 }, a: 1 })).toBe(expected)
  })

  it.each([
    ['friends.#', '3'],
    ['friends.1.last', 'Craig'],
    ['friends.#.first', '["Dale","Roger","Jane"]'],
    ['friends.#(last=="Murphy").first', 'Dale'],
    ['friends.#(last=="Murphy")#.first', '["Dale","Jane"]'],
    ['friends.#(age>45)#.last', '["Craig","Murphy"]'],
    ['friends.#(age>45 && first=="Jane")#.age', '[47]'],
    ['friends.#(nets.#(=="fb"))#.first', '["Dale","Roger"]'],
    ['friends.#(first%"D*").last', 'Murphy'],
    ['friends.#(first!%"D*")#.first', '["Roger","Jane"]'],
    ['fav\\.movie', 'Deer Hunter'],
    ['child*.2', 'Jack'],
    ['c?ildren.0', 'Sara'],
    ['children.@reverse', '["Jack","Alex","Sara"]'],
    ['children|@reverse|0', 'Jack'],
    ['{who:name.first,n:children.#}', '{"who":"Tom","n":3}'],
    ['[name.first,age]', '["Tom",37]'],
    ['name.@keys', '["first","last"]'],
    ['nothing.#.x', ''],
  ])('finds by a path of gjson: %s', (path, expected) => {
    const scope = {
      name: { first: 'Tom', last: 'Anderson' },
      age: 37,
      children: ['Sara', 'Alex', 'Jack'],
      'fav.movie': 'Deer Hunter',
      friends: [
        { first: 'Dale', last: 'Murphy', age: 44, nets: ['ig', 'fb'] },
        { first: 'Roger', last: 'Craig', age: 68, nets: ['fb'] },
        { first: 'Jane', last: 'Murphy', age: 47, nets: ['ig'] },
      ],
    }
    expect(yields(`{{gjson ${JSON.stringify(path)}}}`, scope)).toBe(expected)
    expect(yields('{{gjson .path}}', { ...scope, path })).toBe(expected)
  })

  it.each([
    ['{{ env "HOME" }}', 'Line 1, column 4: there is no function "env".'],
    ['a\n  {{exec "ls"}}', 'Line 2, column 5: there is no function "exec".'],
    ['{{getHostByName "x"}}', 'there is no function "getHostByName"'],
    ['{{constructor}}', 'there is no function "constructor"'],
    ['{{.constructor.constructor "x"}}', 'only a function takes arguments'],
    ['{{if .a}}x', 'if is not closed by {{end}}'],
    ['{{end}}', 'nothing open that end'],
    ['{{if .a}}{{else}}{{else}}{{end}}', 'there is an else already'],
    ['{{.a', 'not closed by }}'],
    ['{{}}', 'the action is empty'],
    ['{{$x}}', '$x is not set here'],
    ['{{range .a}}{{$y := 1}}{{end}}{{$y}}', '$y is not set here'],
    ['{{add}}', 'add takes at least 1 argument, not 0'],
    ['{{lower "a" "b"}}', 'lower takes 1 argument, not 2'],
    ['{{template "x"}}', 'have no template'],
    ['{{define "x"}}{{end}}', 'have no define'],
    ['{{break}}', 'break stands alone inside of range'],
    ['{{(.a}}', 'the ( is not closed'],
    ['{{.a | .b}}', 'only a function takes arguments'],
    ['{{"a}}', 'has no meaning here'],
    ['{{gjson "a.@nope"}}', 'there is no modifier @nope'],
  ])('is refused when it is read, with the place: %s', (text, message) => {
    expect(() => parseTemplate(text)).toThrow(TemplateFault)
    expect(fault(text)).toContain(message)
  })

  it.each([
    ['{{index .l 9}}', 'there is no element 9'],
    ['{{div 1 0}}', 'nothing can be divided by 0'],
    ['{{fail "no"}}', 'the template refuses: no'],
    ['{{fromJson "{"}}', 'not JSON'],
    ['{{dateInZone "2006" now "Moon/Base"}}', 'there is no time zone'],
    ['{{range true}}{{end}}', 'range cannot go over boolean'],
    ['{{repeat 100000000 "abc"}}', 'repeat makes at most'],
    ['{{printf "%9999999d" 1}}', 'printf writes at most'],
    ['{{regexMatch "(" "a"}}', 'no regular expression'],
    ['{{until 1000000000}}', 'a list has at most'],
  ])('says where a function refuses what it is given: %s', (text, message) => {
    expect(fault(text, { l: [1] })).toMatch(/^Line 1, column \d+: /)
    expect(fault(text, { l: [1] })).toContain(message)
  })

  it('reads only own members, whatever they are called', () => {
    const scope = JSON.parse('{"args": {"__proto__": {"a": 1}, "constructor": 2}}')
    expect(
      yields(
        '{{.args.__proto__.a}}{{.args.constructor}}{{.args.toString}}{{.hasOwnProperty}}',
        scope,
      ),
    ).toBe('12')
    expect(
      yields(
        '{{get .args "valueOf"}}{{index .args "toString"}}{{gjson "args.isPrototypeOf"}}',
        scope,
      ),
    ).toBe('')
  })

  it('tells what it reads, as far as that can be known before', () => {
    const { reads } = parseTemplate(
      '{{.args.a}}{{with .args.b}}{{.c}}{{end}}{{range $x := .items}}{{.d}}{{$x.e}}{{$.config.f}}{{end}}{{gjson "args.g.#"}}',
    )
    expect(reads).toEqual(['.args.a', '.args.b', '.args.b.c', '.items', '.config.f', '.args.g'])
    expect(parseTemplate('{{toJson .}}').reads).toEqual(['.'])
  })

  it('knows functions for what documents do, and none that reaches out', () => {
    const names = functionNames()
    for (const name of [
      'default',
      'toJson',
      'uuidv4',
      'add',
      'date',
      'b64enc',
      'lower',
      'join',
      'gjson',
    ]) {
      expect(names).toContain(name)
    }
    const reaching = names.filter((name) =>
      /env|exec|file|read|host|http|dns|get[A-Z]|crypt|genP/.test(name),
    )
    expect(reaching).toEqual([])
  })
})

describe('what a template may cost', () => {
  it('is bounded in characters, depth, variables and words', () => {
    expect(fault('x'.repeat(65_537))).toContain('at most 65536 characters')
    expect(fault('{{if .a}}'.repeat(41) + '{{end}}'.repeat(41))).toContain('at most 40 deep')
    expect(fault(`{{${'('.repeat(41)}.a${')'.repeat(41)}}}`)).toContain('at most 40 deep')
    expect(fault('{{$a := 1}}'.repeat(201))).toContain('at most 200 variables')
    expect(fault(`{{list ${'1 '.repeat(20_001)}}}`)).toContain('words and signs')
  })

  it('is bounded in turns, work and what it yields', () => {
    const list = Array.from({ length: 1000 }, (_, at) => at)
    expect(fault('{{range .list}}{{range $.list}}{{end}}{{end}}', { list })).toContain(
      '100000 times',
    )
    expect(fault('{{range 100000000}}x{{end}}')).toContain('100000 times')
    expect(fault('{{range 100000}}{{toJson $.list}}{{end}}', { list })).toContain('too much work')
    const half = 'x'.repeat(999_000)
    expect(fault('{{range 100}}{{$.half}}{{end}}', { half })).toMatch(
      /too much work|yields at most/,
    )
    expect(fault('{{$s := "ab"}}{{range 100}}{{$s = print $s $s}}{{end}}')).toMatch(
      /too much work|at most/,
    )
  })

  it('counts what looking for one text in another may cost', () => {
    const texts = { part: `${'a'.repeat(200_000)}b`, text: 'a'.repeat(900_000) }
    for (const name of ['contains', 'splitList', 'trimSuffix']) {
      expect(fault(`{{${name} .part .text}}`, texts), name).toContain('too much work')
    }
    expect(fault('{{replace .part "" .text}}', texts)).toContain('too much work')
    const fewer = { part: `${'a'.repeat(50_000)}b`, text: 'a'.repeat(200_000) }
    expect(yields('{{trimAll .part .text | len}}', fewer)).toBe('0')
    expect(yields('{{contains "b" .text}}', texts)).toBe('false')
  })

  it('ends where values are nested deeper than the stack', () => {
    let deep: unknown = 1
    for (let at = 0; at < 20_000; at += 1) deep = [deep]
    expect(fault('{{toJson .deep}}', { deep })).toContain('nested too deep')
  })

  it('grows no faster than the template and what it is given', () => {
    // Each would take minutes if anything were looked at again and again.
    const hostile = [
      () => fault(`{{"${'\\\\'.repeat(30_000)}`),
      () => fault(`{{${'1'.repeat(60_000)}x}}`),
      () => fault(`{{.${'a-'.repeat(30_000)} }}`),
      () => yields('{{.a}}'.repeat(10_000)),
      () => yields(`${' '.repeat(60_000)}x{{- .a -}}`),
      () => yields('{{gjson .p}}', { p: `${'*'.repeat(1000)}b`, [`${'a'.repeat(5000)}`]: 1 }),
      () => yields('{{regexMatch "(a+)+$" .t}}', { t: `${'a'.repeat(20_000)}!` }),
      () => yields('{{trimAll " " .t}}{{title .t}}{{snakecase .t}}', { t: ' a'.repeat(50_000) }),
    ]
    for (const one of hostile) expect(() => one()).not.toThrow()
  })
})
