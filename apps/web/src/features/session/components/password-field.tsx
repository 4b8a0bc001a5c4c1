/** A password with an eye to show it. */
import { Eye, EyeOff } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { Field, type FieldProps } from '../../../components/field.tsx';

export function PasswordField(props: FieldProps): ReactNode {
  const [isShown, setIsShown] = useState(false);
  return (
    <Field
      {...props}
      type={isShown ? 'text' : 'password'}
      end={
        <Button
          variant="ghost"
          isSmall
          icon={isShown ? EyeOff : Eye}
          aria-label={isShown ? 'Hide the password' : 'Show the password'}
          aria-pressed={isShown}
          onClick={() => setIsShown(!isShown)}
        />
      }
    />
  );
}
