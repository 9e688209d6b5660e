import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface FieldProps {
  readonly label: string
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
  readonly children: (attributes: {
    readonly id: string
    readonly 'aria-describedby': string
    readonly 'aria-invalid': 'true' | undefined
  }) => ComponentChildren
}

/** A control with its label, a hint and an error. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-hint`, 'aria-invalid': error ? 'true' : undefined })}
      <div id={`${id}-hint`}>
        {error && <div class="wrong">{error}</div>}
        {hint && <div class="hint">{hint}</div>}
      </div>
    </div>
  )
}

interface TextProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
  readonly disabled?: boolean
  readonly required?: boolean
  readonly type?: 'text' | 'password' | 'time' | 'number'
  readonly min?: number
  readonly max?: number
  readonly autocomplete?: string
}

export const TextField = ({ label, value, onChange, hint, error, ...rest }: TextProps) => (
  <Field label={label} hint={hint} error={error}>
    {(attributes) => (
      <input
        {...attributes}
        // The types of Preact take one literal type of an input at a time.
        {...(rest as { type: 'text' })}
        dir={rest.type === undefined ? 'auto' : 'ltr'}
        spellcheck={false}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    )}
  </Field>
)

/** A text of lines, one entry each. */
export const LinesField = ({
  label,
  value,
  onChange,
  hint,
  error,
}: Omit<TextProps, 'value' | 'onChange'> & {
  readonly value: readonly string[]
  readonly onChange: (lines: readonly string[]) => void
}) => (
  <Field label={label} hint={hint} error={error}>
    {(attributes) => (
      <textarea
        {...attributes}
        spellcheck={false}
        value={value.join('\n')}
        onInput={(event) => onChange(event.currentTarget.value.split('\n'))}
      />
    )}
  </Field>
)

/** Lines without blanks around them and without empty ones. */
export const filled = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.trim()).filter((line) => line !== '')

interface SelectProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, text: string])[]
  readonly onChange: (value: string) => void
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
}

export const SelectField = ({ label, value, options, onChange, hint, error }: SelectProps) => (
  <Field label={label} hint={hint} error={error}>
    {(attributes) => (
      <select {...attributes} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    )}
  </Field>
)

export const CheckField = ({
  label,
  checked,
  onChange,
  hint,
}: {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly hint?: string
}) => (
  <label class="choice">
    <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
    <span>
      {label}
      {hint && <span class="hint"> {hint}</span>}
    </span>
  </label>
)

/** One of few choices, all in sight. */
export function Choices<T extends string>({
  legend,
  value,
  options,
  onChange,
}: {
  readonly legend: string
  readonly value: T
  readonly options: readonly (readonly [value: T, text: string, hint?: string])[]
  readonly onChange: (value: T) => void
}) {
  const name = useId()
  return (
    <fieldset>
      <legend>{legend}</legend>
      {options.map(([each, text, hint]) => (
        <label key={each} class="choice">
          <input type="radio" name={name} checked={each === value} onChange={() => onChange(each)} />
          <span>
            {text}
            {hint && <span class="hint"> {hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** One or several of short words, as pills. */
export function Pills({
  legend,
  type,
  picked,
  options,
  onChange,
}: {
  readonly legend: string
  readonly type: 'radio' | 'checkbox'
  readonly picked: readonly string[]
  readonly options: readonly (readonly [value: string, text: string])[]
  readonly onChange: (value: string, checked: boolean) => void
}) {
  const name = useId()
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="pills">
        {options.map(([each, text]) => (
          <label key={each}>
            <input
              type={type}
              name={name}
              checked={picked.includes(each)}
              onChange={(event) => onChange(each, event.currentTarget.checked)}
            />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
