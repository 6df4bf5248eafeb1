import { render } from 'preact';
import { Search } from './search.tsx';
import './page.css';

render(<Search />, document.getElementById('page')!);
